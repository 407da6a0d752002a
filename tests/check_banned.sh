#!/bin/sh
# check_banned.sh: calls that have no place here. Comments and strings are cut away first.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"

# words | where they are allowed all the same (a pattern of paths, - nowhere) | instead of them
rules() {
	cat <<-'EOF'
	strcpy strcat strncpy strncat stpcpy sprintf vsprintf|-|snprintf, buf_printf, arena_strdup
	strtok atoi atol atoll atof gets|-|strtol with its end looked at, fgets
	system popen|-|posix_spawn
	alloca|-|mem_alloc, an arena
	sleep usleep nanosleep|-|a timer of the loop; in tests the fake clock
	time gettimeofday clock_gettime ftime clock timespec_get|daemon/clock.c tests/* bench/*|clock.h
	pthread_create pthread_mutex_lock pthread_cond_wait thrd_create evthread_use_pthreads|daemon/writer.c daemon/writer/* tests/* bench/*|the writer is the only thread
	EOF
}

# The text of the C files without comments and strings, as FILE:LINE:CODE.
code() {
	find daemon include man tests bench -name '*.[ch]' | sort | while read -r file; do
		awk -v file="$file" '
		{
			line = $0; out = ""
			while (line != "") {
				if (in_comment) {
					end = index(line, "*/")
					if (!end) { line = ""; break }
					line = substr(line, end + 2); in_comment = 0
				} else if (match(line, /"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047|\/\*|\/\//)) {
					word = substr(line, RSTART, 2)
					out = out substr(line, 1, RSTART - 1)
					if (word == "//") { line = ""; break }
					if (word == "/*") in_comment = 1
					line = substr(line, RSTART + (word == "/*" ? 2 : RLENGTH))
				} else { out = out line; line = "" }
			}
			if (out ~ /[^ \t]/) print file ":" FNR ":" out
		}' "$file"
	done
}

{
	rules
	echo
	code
} | awk -F'|' '
	!in_code && NF == 0 { in_code = 1; FS = ":"; next }
	!in_code {
		n = split($1, w, " ")
		for (i = 1; i <= n; i++) { where[w[i]] = $2; instead[w[i]] = $3 }
		next
	}
	{
		lines++
		split($0, part, ":")
		text = substr($0, length(part[1]) + length(part[2]) + 3)
		while (match(text, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
			before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
			name = substr(text, RSTART, RLENGTH - 1); sub(/[ \t]+$/, "", name)
			text = substr(text, RSTART + RLENGTH)
			# A member of that name is another thing.
			if (before != "." && before != ">" && name in where && !allowed(part[1], where[name])) {
				print part[1] ":" part[2] ": " name "() is banned; use " instead[name]; bad++
			}
		}
	}
	function allowed(file, patterns,   p, n, i) {
		n = split(patterns, p, " ")
		for (i = 1; i <= n; i++) {
			if (p[i] == file) return 1
			if (p[i] ~ /\*$/ && index(file, substr(p[i], 1, length(p[i]) - 1)) == 1) return 1
		}
		return 0
	}
	END {
		if (!lines) { print "no code was found"; bad++ }
		print lines + 0 " lines of code, " bad + 0 " banned calls"
		exit bad > 0
	}'
