package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// typeNames are the names that a file sees, for writing types as people do: those of
// the file's own package without it, others in full, and with a leading dot where
// another name would be found first.
type typeNames struct {
	pkg  string
	own  map[string]bool // of the file's package
	outs map[string]bool // messages, enums and packages: what a name's first part may be
}

func namesOf(fd protoreflect.FileDescriptor) *typeNames {
	n := &typeNames{pkg: string(fd.Package()), own: make(map[string]bool), outs: make(map[string]bool)}
	seen := make(map[string]bool)
	var add func(fd protoreflect.FileDescriptor)
	add = func(fd protoreflect.FileDescriptor) {
		if seen[fd.Path()] {
			return
		}
		seen[fd.Path()] = true
		for pkg := string(fd.Package()); pkg != ""; pkg = pkg[:max(strings.LastIndexByte(pkg, '.'), 0)] {
			n.outs[pkg] = true
		}
		n.messages(fd.Messages(), string(fd.Package()) == n.pkg)
		n.enums(fd.Enums(), string(fd.Package()) == n.pkg)
		for i := range fd.Imports().Len() {
			add(fd.Imports().Get(i))
		}
	}
	add(fd)
	return n
}

func (n *typeNames) messages(all protoreflect.MessageDescriptors, own bool) {
	for i := range all.Len() {
		m := all.Get(i)
		n.outs[string(m.FullName())] = true
		if own {
			n.own[string(m.FullName())] = true
		}
		n.messages(m.Messages(), own)
		n.enums(m.Enums(), own)
	}
}

func (n *typeNames) enums(all protoreflect.EnumDescriptors, own bool) {
	for i := range all.Len() {
		name := string(all.Get(i).FullName())
		n.outs[name] = true
		if own {
			n.own[name] = true
		}
	}
}

// words that begin something else where a type's name is expected.
var declarationWords = map[string]bool{
	"message": true, "enum": true, "option": true, "oneof": true, "extend": true, "reserved": true, "extensions": true,
	"optional": true, "required": true, "repeated": true, "group": true, "map": true, "export": true, "local": true, "stream": true,
}

// short is how a field in the scope names the type, whose full name begins with a dot.
func (n *typeNames) short(scope, name string) string {
	full := strings.TrimPrefix(name, ".")
	candidate := full
	if n.own[full] && n.pkg != "" {
		candidate = strings.TrimPrefix(full, n.pkg+".")
	}
	if n.own[full] { // a type of the message itself goes by its own name
		for inside := scope; inside != "" && inside != n.pkg; inside = inside[:max(strings.LastIndexByte(inside, '.'), 0)] {
			if rest, ok := strings.CutPrefix(full, inside+"."); ok {
				candidate = rest
				break
			}
		}
	}
	for _, c := range []string{candidate, full} {
		first, _, _ := strings.Cut(c, ".")
		if !declarationWords[first] && !scalars[first] && n.finds(scope, c) == full {
			return c
		}
	}
	return "." + full
}

// finds is what a compiler takes a name for: it looks for the first part from the
// innermost scope outwards, and for the rest where that was found.
func (n *typeNames) finds(scope, name string) string {
	first, _, _ := strings.Cut(name, ".")
	for {
		if n.outs[join(scope, first)] {
			return join(scope, name)
		}
		if scope == "" {
			return ""
		}
		scope = scope[:max(strings.LastIndexByte(scope, '.'), 0)]
	}
}
