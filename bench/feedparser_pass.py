"""feedparser_pass.py: for each line that comes in, parse all FILES once and print the CPU that it
took in microseconds. Says READY first, or dies when there is no feedparser."""
import sys
import time

import feedparser

documents = [open(path, "rb").read() for path in sys.argv[1:]]
print("READY", feedparser.__version__, flush=True)
for line in sys.stdin:
    start = time.process_time()
    for document in documents:
        feedparser.parse(document)
    print(round((time.process_time() - start) * 1e6), flush=True)
