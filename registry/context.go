package registry

import (
	"errors"
	"strings"
)

// contextPrefix is what stands before the subjects of a context.
func contextPrefix(name string) (string, error) {
	name = strings.TrimPrefix(name, ".")
	if name == "" {
		return "", nil
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == ':' }) {
		return "", errors.New(`registry: a schema context has a colon or control character: give its name alone, "staging" for instance`)
	}
	return ":." + name + ":", nil
}

// qualified reports whether a subject names its context, ":.staging:orders-value"
// or, for any of them, ":*:orders-value".
func (s Subject) qualified() bool {
	rest, ok := strings.CutPrefix(string(s), ":")
	return ok && strings.ContainsRune(rest, ':') && (rest[0] == '.' || rest[0] == '*')
}

// of is the subject in the client's context, unless it has one of its own.
func (c *Client) of(s Subject) Subject {
	if c.context == "" || s == "" || s.qualified() {
		return s
	}
	return Subject(c.context) + s
}

// prefix is a prefix of subjects in the client's context, unless it names one itself.
func (c *Client) prefix(p string) string {
	if c.context == "" || strings.HasPrefix(p, ":") {
		return p
	}
	return c.context + p
}

// ours reports whether a subject of an answer is in the client's context, whose
// ids are the client's.
func (c *Client) ours(s Subject) bool {
	if c.context != "" {
		return strings.HasPrefix(string(s), c.context)
	}
	return !s.qualified() || strings.HasPrefix(string(s), ":.:")
}
