package avrogen

import (
	"strconv"
	"strings"
	"unicode"
)

// commentLines are the lines of a doc, to stand in comments after two slashes and a
// blank. Whatever ends a line for anybody ends one here, and what is not seen, or
// turns the direction of writing, is spelled out: nothing of a doc is code, and
// nothing hides. There are no empty lines at the ends, and no two in a row.
func commentLines(doc string) []string {
	doc = strings.Map(lineEnd, strings.ReplaceAll(doc, "\r\n", "\n"))
	var lines []string
	blank := true
	for line := range strings.SplitSeq(doc, "\n") {
		line = visible(line)
		if line == "" && blank {
			continue
		}
		if blank = line == ""; isDirective(line) {
			line = "> " + line
		}
		lines = append(lines, line)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// lineEnd makes all that ends a line a newline.
func lineEnd(r rune) rune {
	switch r {
	case '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return '\n'
	}
	return r
}

// visible is a line without blanks around it, and with escapes for what does not print.
func visible(line string) string {
	var b strings.Builder
	for _, r := range line { // U+FFFD where it is not UTF-8
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsPrint(r):
			escaped := strconv.QuoteRuneToASCII(r)
			b.WriteString(escaped[1 : len(escaped)-1])
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// isDirective reports whether a comment's line says, or might look as if it said,
// something to a tool: gofmt takes "// +build" for a build constraint wherever it is.
func isDirective(line string) bool {
	line = strings.TrimSpace(strings.TrimLeft(line, "/* \t"))
	for _, word := range []string{"+build", "go:", "line ", "export ", "extern ", "#cgo", "#include", "Code generated", "lint:", "nolint"} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}

// quoted is a name for a message or a comment, shortened.
func quoted(s string) string {
	const most = 100
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "..."
}

// plainName is a name as it is where it is harmless, and quoted otherwise.
func plainName(s string) string {
	if s == "" || strings.Trim(s, letters+".-/") != "" {
		return quoted(s)
	}
	return s
}
