package registryserver

import (
	"strings"
	"unicode"

	"github.com/concord-go/concord/registry"
)

// A subject is kept under its qualified name: ":.context:name", or just "name"
// in the default context ".". The three names below are not subjects.
const (
	defaultContext = "."
	globalContext  = ".__GLOBAL"
	anyContext     = "*" // as a prefix, ":*:", it stands for all contexts
	globalScope    = ""  // the key of the settings of the default context
	everyScope     = ":.__GLOBAL:"
)

// name is a subject's name taken apart.
type name struct {
	context string // "." and up
	local   string
}

// parseName takes a subject apart: ":.ctx:name" names a context, all else is a
// name in the default context.
func parseName(subject string) name {
	context, local, ok := cutContext(subject)
	if !ok {
		return name{defaultContext, subject}
	}
	return name{context, local}
}

// cutContext cuts ":.ctx:" or ":*:" off the front of a subject.
func cutContext(subject string) (context, local string, ok bool) {
	if !strings.HasPrefix(subject, ":.") && !strings.HasPrefix(subject, ":*:") {
		return "", subject, false
	}
	context, local, _ = strings.Cut(subject[1:], ":")
	return context, local, true
}

// String is the qualified name, without a context where that is the default one.
func (n name) String() string {
	if n.context == defaultContext {
		return n.local
	}
	return ":" + n.context + ":" + n.local
}

// within gives a subject without a context that of its parent.
func within(parent, subject string) string {
	if _, _, ok := cutContext(subject); ok {
		return parseName(subject).String()
	}
	return name{parseName(parent).context, subject}.String()
}

// scope is the key of a context's own settings.
func (n name) scope() string {
	if n.context == defaultContext {
		return globalScope
	}
	return ":" + n.context + ":"
}

// checkSubject refuses names that cannot be subjects.
func checkSubject(subject string) error {
	n := parseName(subject)
	bad := func() error {
		return fail(registry.ErrInvalidSubject, "The specified subject '%s' is not a valid.", subject)
	}
	if n.local == "__GLOBAL" || n.local == "__EMPTY" || n.context == globalContext || n.context == anyContext {
		return bad()
	}
	if strings.ContainsFunc(subject, unicode.IsControl) {
		return bad()
	}
	return nil
}
