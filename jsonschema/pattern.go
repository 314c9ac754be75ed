package jsonschema

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression of a schema. Schemas are written for engines that
// backtrack; this package runs RE2 only, which is linear in its input. An expression
// that RE2 does not know (a look-around, a back-reference) is kept and compared as
// text, and matches nothing.
type pattern struct {
	text string
	re   *regexp.Regexp // nil where RE2 does not know the expression
}

// maxPattern is the longest expression that is compiled.
const maxPattern = 10_000

// newPattern reads an expression. It refuses what no engine takes.
func newPattern(text string) (*pattern, error) {
	if err := checkPattern(text); err != nil {
		return nil, err
	}
	p := &pattern{text: text}
	if len(text) <= maxPattern {
		if re, err := regexp.Compile(text); err == nil {
			p.re = re
		}
	}
	return p, nil
}

// matches reports whether some part of s matches.
func (p *pattern) matches(s string) bool { return p.re != nil && p.re.MatchString(s) }

// checkPattern refuses an expression that is broken in its form: classes and groups that
// are not closed, quantifiers without anything before them or without an end.
func checkPattern(text string) error {
	groups, atom := 0, false // atom: there is something that a quantifier could repeat
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return fmt.Errorf("the expression ends in a backslash")
			}
			if text[i] == 'Q' {
				end := strings.Index(text[i:], `\E`)
				if end < 0 {
					return nil
				}
				i += end + 1
			}
			if i+1 < len(text) && text[i+1] == '{' && strings.IndexByte("pPxN", text[i]) >= 0 {
				end := strings.IndexByte(text[i:], '}')
				if end < 0 {
					return fmt.Errorf("a brace at byte %d is not closed", i+1)
				}
				i += end
			}
			atom = true
		case '[':
			end := classEnd(text, i)
			if end < 0 {
				return fmt.Errorf("a character class that begins at byte %d is not closed", i)
			}
			i, atom = end, true
		case '(':
			groups++
			atom = false
			if strings.HasPrefix(text[i:], "(?") {
				i++ // not a quantifier
			}
		case ')':
			if groups--; groups < 0 {
				return fmt.Errorf("a parenthesis at byte %d closes nothing", i)
			}
			atom = true
		case '|':
			atom = false
		case '*', '+', '?':
			if !atom {
				return fmt.Errorf("%q at byte %d has nothing to repeat", text[i:i+1], i)
			}
			if i+1 < len(text) && (text[i+1] == '?' || text[i+1] == '+') {
				i++
			}
			atom = false
		case '{':
			end := strings.IndexByte(text[i:], '}')
			if !atom || end < 0 || !isRepetition(text[i+1:i+end]) {
				return fmt.Errorf("a brace at byte %d is no repetition such as {2,5}", i)
			}
			i += end
			if i+1 < len(text) && (text[i+1] == '?' || text[i+1] == '+') {
				i++
			}
			atom = false
		default:
			atom = true
		}
	}
	if groups > 0 {
		return fmt.Errorf("%d parentheses are not closed", groups)
	}
	if _, err := syntax.Parse(text, syntax.Perl); err != nil {
		if e, ok := err.(*syntax.Error); ok {
			switch e.Code {
			case syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrInvalidCharRange, syntax.ErrTrailingBackslash:
				return fmt.Errorf("the expression is broken: %s", string(e.Code))
			}
		}
	}
	return nil
}

// classEnd is where a character class that begins at i ends, -1 when it does not. Classes
// may hold classes.
func classEnd(text string, i int) int {
	depth := 0
	for first := true; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			first = false
		case c == '[':
			depth++
			first = true
		case c == '^' && first:
		case c == ']' && !first:
			if depth--; depth == 0 {
				return i
			}
		default:
			first = false
		}
	}
	return -1
}

// isRepetition reports whether s is "n", "n," or "n,m".
func isRepetition(s string) bool {
	least, most, _ := strings.Cut(s, ",")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return least != "" && digits(least) && digits(most)
}
