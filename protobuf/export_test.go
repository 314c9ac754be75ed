package protobuf

import "google.golang.org/protobuf/reflect/protoreflect"

// For tests of what has no name outside.
var (
	FileText      = fileText
	IsBuiltinFile = isBuiltinFile
)

// OutlineNames and OutlinePath are what message indexes and names lead to in a text.
func OutlineNames(text string, path []int) ([]string, error) {
	o, err := readOutline(text)
	if err != nil {
		return nil, err
	}
	return o.names(path), nil
}

func OutlinePath(text, name string) ([]int, error) {
	o, err := readOutline(text)
	if err != nil {
		return nil, err
	}
	return o.path(name), nil
}

// PathOf counts what is declared.
func PathOf(m protoreflect.MessageDescriptor) []int { return pathOf(m, countDeclared) }
