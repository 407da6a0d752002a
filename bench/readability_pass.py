"""readability_pass.py: for each line that comes in, extract all FILES once and print the CPU that it
took in microseconds. Says READY first, or dies when there is no readability-lxml."""
import gzip
import sys
import time

import readability

pages = [gzip.open(path).read().decode("utf-8", "replace") for path in sys.argv[1:]]
print("READY", getattr(readability, "__version__", "?"), flush=True)
for line in sys.stdin:
    start = time.process_time()
    for page in pages:
        document = readability.Document(page)
        try:
            document.title(), document.summary()
        except readability.readability.Unparseable:
            pass
    print(round((time.process_time() - start) * 1e6), flush=True)
