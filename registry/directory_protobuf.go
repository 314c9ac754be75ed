package registry

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// protobufForm compares Protobuf files by their statements. Registries sort them:
// fields, then oneofs, then types. Only the order of messages, to which the wire
// format refers, and that of an enum's values, whose first one is the default,
// count. Layout, comments and the spelling of numbers do not.
func protobufForm(text string) (string, error) {
	p := protobufStatements{tokens: tokens(text)}
	form := p.block("")
	if p.unfit || p.next < len(p.tokens) {
		return "", errors.New("not the statements of a Protobuf file")
	}
	return form, nil
}

// maxProtobufDepth bounds the nesting of blocks.
const maxProtobufDepth = 100

type protobufStatements struct {
	tokens []string
	next   int
	depth  int
	unfit  bool
}

// block reads up to the brace that closes the block of this kind, or to the end.
func (p *protobufStatements) block(kind string) string {
	if p.depth++; p.depth > maxProtobufDepth {
		p.unfit, p.next = true, len(p.tokens)
		return ""
	}
	defer func() { p.depth-- }()
	var ordered, others []string
	for p.next < len(p.tokens) && p.tokens[p.next] != "}" {
		first := p.tokens[p.next]
		switch s := p.statement(); {
		case s == "":
		case first == "message", kind == "enum" && first != "option" && first != "reserved":
			ordered = append(ordered, s)
		default:
			others = append(others, s)
		}
	}
	slices.Sort(others)
	return strings.Join(append(others, ordered...), "\n")
}

// statement reads one, to its semicolon or the end of its block.
func (p *protobufStatements) statement() string {
	begin, braces := p.next, 0
	for ; p.next < len(p.tokens); p.next++ {
		switch p.tokens[p.next] {
		case "{":
			head := p.tokens[begin:p.next]
			if braces > 0 || !opensBlock(head) {
				braces++ // of an option's value
				continue
			}
			p.next++
			inner := p.block(head[0])
			if p.next == len(p.tokens) {
				p.unfit = true
				return ""
			}
			p.next++
			return strings.Join(plainNumbers(head), " ") + " {\n" + inner + "\n}"
		case "}":
			if braces--; braces < 0 {
				p.unfit, p.next = true, len(p.tokens)
				return ""
			}
		case ";":
			if braces == 0 {
				p.next++
				return strings.Join(plainNumbers(p.tokens[begin:p.next-1]), " ")
			}
		}
	}
	p.unfit = true
	return ""
}

func opensBlock(head []string) bool {
	if len(head) == 0 {
		return false
	}
	switch head[0] {
	case "message", "enum", "oneof", "extend", "service", "rpc":
		return true
	}
	return head[0] == "group" || len(head) > 1 && head[1] == "group"
}

// plainNumbers writes whole numbers in decimal.
func plainNumbers(words []string) []string {
	words = slices.Clone(words)
	for i, w := range words {
		if w[0] < '0' || w[0] > '9' {
			continue
		}
		if n, err := strconv.ParseUint(w, 0, 64); err == nil { // decimal, octal, hexadecimal
			words[i] = strconv.FormatUint(n, 10)
		}
	}
	return words
}
