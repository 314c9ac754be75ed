package avro

import (
	"slices"
	"strconv"
	"strings"
)

// path is a place in a schema's text, linked from the inside to the outside: a
// step costs little, and only an error spells it out. nil is the whole text.
type path struct {
	parent *path
	token  string // an attribute; empty for an element of an array
	i      int
}

func (p *path) to(attribute string) *path { return &path{parent: p, token: attribute} }
func (p *path) index(i int) *path         { return &path{parent: p, i: i} }

// String is the JSON pointer.
func (p *path) String() string {
	var tokens []string
	for ; p != nil; p = p.parent {
		if p.token == "" {
			tokens = append(tokens, strconv.Itoa(p.i))
		} else {
			tokens = append(tokens, p.token)
		}
	}
	if len(tokens) == 0 {
		return ""
	}
	const most = 64
	if len(tokens) > most { // deeper than anyone would follow
		tokens = append(tokens[:most-1], "...")
	}
	slices.Reverse(tokens)
	return "/" + strings.Join(tokens, "/")
}

func (p *path) errorf(format string, args ...any) error {
	return newSchemaError(p.String(), format, args...)
}
