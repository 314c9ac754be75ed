package protobuf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenSign
)

type token struct {
	kind tokenKind
	text string // a string's content, unescaped only as far as its quotes go
	pos  int
}

// lexer cuts a text into words, strings and signs. As in the reference registry, a
// word is any run of letters, digits, underscores, dashes and dots.
type lexer struct {
	text string
	pos  int
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

func (l *lexer) errorf(pos int, format string, args ...any) error {
	pos = min(pos, len(l.text))
	line := 1 + strings.Count(l.text[:pos], "\n")
	column := pos - strings.LastIndexByte(l.text[:pos], '\n')
	return &SchemaError{Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

// skip passes over white space and comments.
func (l *lexer) skip() error {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.pos += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return l.errorf(l.pos, "a comment does not end")
			}
			l.pos += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

// next is the next token.
func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	if l.pos >= len(l.text) {
		return token{kind: tokenEnd, pos: l.pos}, nil
	}
	start := l.pos
	switch c := l.text[start]; {
	case isWordByte(c):
		for l.pos < len(l.text) && isWordByte(l.text[l.pos]) {
			l.pos++
		}
		return token{tokenWord, l.text[start:l.pos], start}, nil
	case c == '"' || c == '\'':
		return l.quoted(c)
	default:
		_, n := utf8.DecodeRuneInString(l.text[start:])
		l.pos += n
		return token{tokenSign, l.text[start:l.pos], start}, nil
	}
}

func (l *lexer) quoted(quote byte) (token, error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch c := l.text[l.pos]; c {
		case quote:
			l.pos++
			return token{tokenString, b.String(), start}, nil
		case '\n':
			return token{}, l.errorf(start, "a string does not end on its line")
		case '\\':
			if l.pos++; l.pos < len(l.text) {
				if e := strings.IndexByte("abfnrtv", l.text[l.pos]); e >= 0 {
					b.WriteByte("\a\b\f\n\r\t\v"[e])
				} else if n := l.number(&b); n == 0 {
					b.WriteByte(l.text[l.pos])
				}
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, l.errorf(start, "a string does not end")
}

// number reads the number of an escape, octal or hexadecimal, and leaves pos at its
// last digit.
func (l *lexer) number(b *strings.Builder) int {
	base, most, at := 8, 3, l.pos
	if c := l.text[at]; c == 'x' || c == 'X' {
		base, most, at = 16, 2, at+1
	}
	n, v := 0, 0
	for n < most && at+n < len(l.text) {
		d := strings.IndexByte("0123456789abcdef", l.text[at+n]|0x20&^0)
		if c := l.text[at+n]; c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 || d >= base {
			break
		}
		v = v*base + d
		n++
	}
	if n > 0 {
		b.WriteByte(byte(v))
		l.pos = at + n - 1
	}
	return n
}
