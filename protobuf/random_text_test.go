package protobuf_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/concord-go/concord/protobuf"
)

// randomFile makes up files that compile, with names that shadow each other.
type randomFile struct {
	r      *rand.Rand
	b      strings.Builder
	syntax string
	pkg    string
	types  []string // full names of messages that are there
	enums  []string
	next   int // for names of enum values, which share their scope
}

func newRandomFile(seed uint64, syntax, pkg string, imported *randomFile) *randomFile {
	f := &randomFile{r: rand.New(rand.NewPCG(seed, 1)), syntax: syntax, pkg: pkg}
	if syntax == "2023" {
		f.b.WriteString("edition = \"2023\";\n")
	} else {
		fmt.Fprintf(&f.b, "syntax = %q;\n", syntax)
	}
	if pkg != "" {
		fmt.Fprintf(&f.b, "package %s;\n", pkg)
	}
	f.b.WriteString("import \"google/protobuf/timestamp.proto\";\n")
	if imported != nil {
		f.b.WriteString("import \"other.proto\";\n")
		f.types = append(f.types, imported.types...)
		if syntax != "proto3" || imported.syntax == "proto3" { // closed enums do not go into proto3
			f.enums = append(f.enums, imported.enums...)
		}
	}
	f.types = append(f.types, "google.protobuf.Timestamp")
	for i := range 1 + f.r.IntN(4) {
		f.message(pkg, []string{"A", "Bee", "Top", "Message_4"}[i], 0)
	}
	f.enum(pkg, "TopEnum")
	return f
}

func full(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}

func (f *randomFile) enum(scope, name string) {
	f.enums = append(f.enums, full(scope, name))
	fmt.Fprintf(&f.b, "enum %s { ", name)
	for i := range 1 + f.r.IntN(3) {
		f.next++
		fmt.Fprintf(&f.b, "V%d = %d; ", f.next, i)
	}
	if f.r.IntN(2) == 0 {
		f.b.WriteString("reserved 10 to 20, 100 to max; ")
	}
	f.b.WriteString("}\n")
}

func (f *randomFile) message(scope, name string, depth int) {
	self := full(scope, name)
	f.types = append(f.types, self)
	fmt.Fprintf(&f.b, "message %s {\n", name)
	number := 0
	names := []string{"A", "Bee", "acme", "Inner", "map"}
	nested := 0
	for range 1 + f.r.IntN(8) {
		switch k := f.r.IntN(12); {
		case k < 5:
			number++
			f.field(fmt.Sprintf("f_%d", number), number, true)
		case k == 5:
			number++
			fmt.Fprintf(&f.b, "map<%s, %s> m_%d = %d;\n", []string{"int32", "string", "bool", "fixed64"}[f.r.IntN(4)], f.typ(), number, number)
		case k == 6:
			fmt.Fprintf(&f.b, "oneof o_%d {\n", number)
			for range 1 + f.r.IntN(3) {
				number++
				f.field(fmt.Sprintf("f_%d", number), number, false)
			}
			f.b.WriteString("}\n")
		case k < 9 && depth < 3 && nested < len(names):
			f.message(self, names[nested], depth+1)
			nested++
		case k == 9:
			f.next++
			f.enum(self, fmt.Sprintf("Enum%d", f.next))
		case k == 10 && f.syntax == "proto2":
			number++
			fmt.Fprintf(&f.b, "optional group Group%d = %d { optional int32 x = 1; }\n", number, number)
		}
	}
	if f.r.IntN(3) == 0 {
		f.b.WriteString("reserved 1000, 2000 to 3000, 5000 to max;\n")
	} else if f.syntax != "proto3" && f.r.IntN(2) == 0 {
		f.b.WriteString("extensions 1000 to 1999;\n")
		f.b.WriteString("extend ." + self + " { ")
		f.field(fmt.Sprintf("x_%d", f.r.IntN(1000)), 1000, true)
		f.b.WriteString("}\n")
	}
	f.b.WriteString("}\n")
}

// typ is a scalar, or a type in full with a dot: what is shorter is the printer's work.
func (f *randomFile) typ() string {
	switch k := f.r.IntN(6); {
	case k < 2:
		return "." + f.types[f.r.IntN(len(f.types))]
	case k == 2 && len(f.enums) > 0:
		return "." + f.enums[f.r.IntN(len(f.enums))]
	}
	return []string{"int32", "string", "bytes", "sint64", "double", "bool", "fixed32"}[f.r.IntN(7)]
}

func (f *randomFile) field(name string, number int, labelled bool) {
	typ, options, label := f.typ(), "", ""
	if labelled {
		switch {
		case f.syntax == "proto2":
			label = []string{"optional ", "repeated ", "optional "}[f.r.IntN(3)]
			if typ == "int32" && label == "optional " {
				options = " [default = -3, deprecated = true]"
			}
		case f.syntax == "proto3":
			label = []string{"", "repeated ", "optional "}[f.r.IntN(3)]
		default:
			label = []string{"", "repeated "}[f.r.IntN(2)]
		}
		if name[0] == 'f' && f.r.IntN(8) == 0 && options == "" {
			options = fmt.Sprintf(" [json_name = \"j%d\"]", number)
		}
	}
	fmt.Fprintf(&f.b, "%s%s %s = %d%s;\n", label, typ, name, number, options)
}

func TestTheTextOfRandomDescriptorsMeansTheSame(t *testing.T) {
	t.Parallel()
	packages := []string{"", "acme", "acme.Bee", "a.b.A", "google.acme"}
	for seed := range uint64(60) {
		syntax := []string{"proto2", "proto3", "2023"}[seed%3]
		other := newRandomFile(seed+1000, syntax, packages[(seed/3)%5]+"x", nil)
		f := newRandomFile(seed, syntax, packages[(seed/2)%5], other)
		files := map[string]string{"random.proto": f.b.String(), "other.proto": other.b.String()}
		fd := compile(t, files, "random.proto")
		sameText(t, files, fd)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, files["random.proto"])
		}
		// Our own parser finds the same types by the short names.
		text, err := protobuf.FileText(fd)
		if err != nil {
			t.Fatal(err)
		}
		reference := protobuf.Reference{Path: "other.proto", Schema: mustParse(t, files["other.proto"])}
		if d := protobuf.Differences(mustParse(t, files["random.proto"], reference), mustParse(t, text, reference)); len(d) > 0 {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, d, files["random.proto"], text)
		}
	}
}
