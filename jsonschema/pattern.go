package jsonschema

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression of a schema. Schemas are written for engines that
// backtrack; this package runs RE2 only, which is linear in its input. An expression
// that RE2 does not know (a look-around, a back-reference), or that is very large, is kept
// and compared as text, and matches nothing.
type pattern struct {
	text string
	size int // of the compiled expression, about; 0 where it is not to be compiled
}

// maxPatternSize bounds the compiled expressions: a few bytes such as (a{900}){900} may be
// large ones.
const maxPatternSize = 10_000

// newPattern reads an expression. It refuses what no engine takes.
func newPattern(text string) (*pattern, error) {
	if err := checkPattern(text); err != nil {
		return nil, err
	}
	p := &pattern{text: text}
	re, err := syntax.Parse(text, syntax.Perl)
	switch broken := (*syntax.Error)(nil); {
	case err == nil:
		if size := patternSize(re); size <= maxPatternSize {
			p.size = size
		}
	case errors.As(err, &broken):
		switch broken.Code {
		case syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrInvalidCharRange, syntax.ErrTrailingBackslash:
			return nil, errors.New(string(broken.Code))
		}
	}
	return p, nil
}

// patternSize is about the number of instructions of an expression.
func patternSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += patternSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= 1 + max(re.Min, re.Max)
	}
	return min(size, maxPatternSize+1)
}

// compile is the expression to be run, nil where it is not to be.
func (p *pattern) compile() *regexp.Regexp {
	if p.size == 0 {
		return nil
	}
	re, err := regexp.Compile(p.text)
	if err != nil {
		return nil
	}
	return re
}

// checkPattern refuses an expression that is broken in its form: classes and groups that
// are not closed, quantifiers without anything before them or without an end.
func checkPattern(text string) error {
	groups, atom := 0, false // atom: there is something that a quantifier could repeat
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			end, err := escapeEnd(text, i)
			if err != nil {
				return err
			}
			i, atom = end, true
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
			i, atom = pastSuffix(text, i), false
		case '{':
			end := strings.IndexByte(text[i:], '}')
			if !atom || end < 0 || !isRepetition(text[i+1:i+end]) {
				return fmt.Errorf("a brace at byte %d is no repetition such as {2,5}", i)
			}
			i, atom = pastSuffix(text, i+end), false
		default:
			atom = true
		}
	}
	if groups > 0 {
		return fmt.Errorf("%d parentheses are not closed", groups)
	}
	return nil
}

// escapeEnd is the last byte of an escape that begins at i.
func escapeEnd(text string, i int) (int, error) {
	if i++; i == len(text) {
		return 0, errors.New("the expression ends in a backslash")
	}
	rest := text[i:]
	switch {
	case rest[0] == 'Q': // up to \E, or to the end
		if end := strings.Index(rest, `\E`); end >= 0 {
			return i + end + 1, nil
		}
		return len(text) - 1, nil
	case len(rest) > 1 && rest[1] == '{' && strings.IndexByte("pPxN", rest[0]) >= 0:
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return 0, fmt.Errorf("a brace at byte %d is not closed", i+1)
		}
		return i + end, nil
	}
	return i, nil
}

// pastSuffix is i, or the next byte where it makes the quantifier at i reluctant or possessive.
func pastSuffix(text string, i int) int {
	if i+1 < len(text) && (text[i+1] == '?' || text[i+1] == '+') {
		i++
	}
	return i
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
