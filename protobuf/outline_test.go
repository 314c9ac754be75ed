package protobuf_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/concord-go/concord/protobuf"
)

// Our parser counts messages in a text as a compiler does, groups included.
func TestMessageIndexesOfATextAreThoseOfItsDescriptor(t *testing.T) {
	t.Parallel()
	files := sources(t)
	n := 0
	for path, text := range files {
		fd := compile(t, files, path)
		again, err := protobuf.FileText(fd)
		if err != nil {
			t.Fatal(err)
		}
		var each func(all protoreflect.MessageDescriptors)
		each = func(all protoreflect.MessageDescriptors) {
			for i := range all.Len() {
				m := all.Get(i)
				each(m.Messages())
				if m.IsMapEntry() || m.Parent() == fd && text != again && path == "acme/legacy/order.proto" && m.Name() == "Remark" {
					continue // a group of a file's extend stands where that stands
				}
				n++
				want := protobuf.PathOf(m)
				for _, text := range []string{text, again} {
					if got, err := protobuf.OutlinePath(text, string(m.FullName())); err != nil || !slices.Equal(got, want) {
						t.Errorf("%s: %s is at %v (%v), want %v", path, m.FullName(), got, err, want)
					}
					if names, err := protobuf.OutlineNames(text, want); err != nil || len(names) == 0 || names[0] != string(m.FullName()) {
						t.Errorf("%s: at %v is %v (%v), want %s", path, want, names, err, m.FullName())
					}
				}
			}
		}
		each(fd.Messages())
	}
	if n < 100 {
		t.Errorf("%d messages only", n)
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	const text = `syntax = "proto3"; message A { map<string, string> m = 1; message B { } } enum E { X = 0; }`
	for _, path := range [][]int{{1}, {0, 2}, {0, 1, 0}, {0, 0, 0}, {}, nil, {2147483647}} {
		if names, err := protobuf.OutlineNames(text, path); err != nil || len(names) > 0 {
			t.Errorf("%v: %v, %v", path, names, err)
		}
	}
	if names, err := protobuf.OutlineNames(text, []int{0, 0}); err != nil || !slices.Equal(names, []string{"A.B"}) {
		t.Errorf("counted without the map: %v, %v", names, err)
	}
	if path, err := protobuf.OutlinePath(text, "A.MEntry"); err != nil || path != nil {
		t.Errorf("the entry of a map: %v, %v", path, err)
	}
}
