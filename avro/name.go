package avro

import "strings"

var primitiveKinds = map[string]Kind{
	"null": Null, "boolean": Boolean, "int": Int, "long": Long,
	"float": Float, "double": Double, "bytes": Bytes, "string": String,
}

// primitives are the schemas of primitive types without properties.
var primitives = [...]*Schema{
	Null: {kind: Null}, Boolean: {kind: Boolean}, Int: {kind: Int}, Long: {kind: Long},
	Float: {kind: Float}, Double: {kind: Double}, Bytes: {kind: Bytes}, String: {kind: String},
}

const nameRule = "names are letters A-Z and a-z, digits and _, and do not begin with a digit"

// isName reports whether s is a name without a namespace (Avro 1.12, "Names").
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case '0' <= c && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}

// qualify makes a full name: of text itself where it has a dot, in namespace otherwise.
func qualify(text, namespace string) Name {
	if i := strings.LastIndexByte(text, '.'); i >= 0 {
		return Name{Namespace: text[:i], Local: text[i+1:]}
	}
	return Name{Namespace: namespace, Local: text}
}

func (p *parser) checkName(n Name, at *path) error {
	if !isName(n.Local) {
		return at.errorf("%s is no valid name: %s", excerpt(n.String()), nameRule)
	}
	if n.Namespace == "" || p.laxNamespaces {
		return nil
	}
	for part := range strings.SplitSeq(n.Namespace, ".") {
		if !isName(part) {
			return at.errorf("%s is no valid namespace: %s", excerpt(n.Namespace), nameRule)
		}
	}
	return nil
}

// isNamed reports whether types of kind k have a name.
func (k Kind) isNamed() bool { return k == Record || k == Enum || k == Fixed }

// children calls yield for each type directly within s.
func (s *Schema) children(yield func(*Schema) bool) {
	if s.items != nil && !yield(s.items) {
		return
	}
	for _, b := range s.branches {
		if !yield(b) {
			return
		}
	}
	for i := range s.fields {
		if !yield(s.fields[i].typ) {
			return
		}
	}
}
