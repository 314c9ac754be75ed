package avrogen

import (
	"fmt"
	"strconv"
	"strings"
)

// emitType writes the declaration of t, and its methods but for those that write and
// read data.
func (e *emitter) emitType(t Type) {
	switch t := t.(type) {
	case *Record:
		e.record(t)
	case *Enum:
		e.enum(t)
	case *Fixed:
		e.fixed(t)
	case *Union:
		e.union(t)
	}
}

// useTypesOf imports what the Go type of v names.
func (e *emitter) useTypesOf(v *Value) {
	switch v.Shape {
	case Time, Clock:
		e.use(importTime)
	case DecimalNumber:
		e.use(importBig)
	case CalendarPeriod:
		e.use(importAvro)
	case Array, Map, Optional, OptionalNil, Single:
		e.useTypesOf(v.Elem)
	}
}

func (e *emitter) record(r *Record) {
	e.comment("", fmt.Sprintf("%s is the record %s.", r.GoName, r.Schema.Name()), r.Doc)
	e.printf("type %s struct {\n", r.GoName)
	for i, f := range r.Fields {
		if doc := commentLines(f.Doc); len(doc) > 0 && i > 0 {
			e.printf("\n")
		}
		e.comment("\t", "", f.Doc)
		e.useTypesOf(f.Value)
		e.printf("\t%s %s %s\n", f.GoName, f.Value.Go, tagLiteral(f.Tag))
	}
	e.printf("}\n\n")
	e.schema(r.GoName, "(*"+r.GoName+")", r.Text)
	if len(r.Unions) == 0 {
		return
	}
	e.use(importAvro)
	e.printf("// AvroUnions says which types the interfaces hold that stand for unions.\n")
	e.printf("func (*%s) AvroUnions() []avro.UnionType {\n\treturn []avro.UnionType{\n", r.GoName)
	for _, u := range r.Unions {
		e.printf("\t\tavro.UnionOf[%s]()", u.GoName)
		for _, b := range u.Branches {
			e.printf(".\n\t\t\tBranch(%s, %s)", strconv.Quote(b.Name), zeroOf(b))
		}
		e.printf(",\n")
	}
	e.printf("\t}\n}\n\n")
}

// tagLiteral is a struct's tag as Go has it, between backquotes where nothing could end them.
func tagLiteral(tag string) string {
	text := "avro:" + strconv.Quote(tag)
	if strings.Trim(tag, letters+",=") == "" {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// schema writes the method AvroSchema and the text that it returns.
func (e *emitter) schema(name, receiver, text string) {
	e.printf("const avroSchema%s = %s\n\n", name, strconv.Quote(text))
	e.printf("// AvroSchema is the schema, with all that it refers to.\n")
	e.printf("func %s AvroSchema() string { return avroSchema%s }\n\n", receiver, name)
}

func (e *emitter) enum(n *Enum) {
	e.comment("", fmt.Sprintf("%s is the enum %s. Its values are the symbols.", n.GoName, n.Schema.Name()), n.Doc)
	e.printf("type %s string\n\n", n.GoName)
	if len(n.Symbols) > 0 {
		e.printf("// The symbols of %s.\nconst (\n", n.GoName)
		for _, s := range n.Symbols {
			e.printf("\t%s %s = %s\n", s.GoName, n.GoName, strconv.Quote(s.Name))
		}
		e.printf(")\n\n")
	}
	e.schema(n.GoName, "("+n.GoName+")", n.Text)
	e.printf("// String is the symbol.\nfunc (v %s) String() string { return string(v) }\n\n", n.GoName)
	e.printf("// Valid reports whether v is one of the symbols, as what is written must be.\nfunc (v %s) Valid() bool {\n", n.GoName)
	if len(n.Symbols) > 0 {
		e.printf("\tswitch v {\n\tcase ")
		for i, s := range n.Symbols {
			if i > 0 {
				e.printf(", ")
			}
			e.printf("%s", s.GoName)
		}
		e.printf(":\n\t\treturn true\n\t}\n")
	}
	e.printf("\treturn false\n}\n\n")
}

func (e *emitter) fixed(f *Fixed) {
	e.comment("", fmt.Sprintf("%s is the fixed %s.", f.GoName, f.Schema.Name()), f.Doc)
	e.printf("type %s [%d]byte\n\n", f.GoName, f.Size)
	e.schema(f.GoName, "("+f.GoName+")", f.Text)
}

func (e *emitter) union(u *Union) {
	e.printf("// %s is one of", u.GoName)
	for i, b := range u.Branches {
		switch {
		case i == len(u.Branches)-1:
			e.printf(" or")
		case i > 0:
			e.printf(",")
		}
		e.printf(" %s", b.GoType)
	}
	e.printf(".\n")
	if u.hasNull() {
		e.printf("// It is nil where the union holds null.\n")
	}
	e.printf("type %s interface{ %s() }\n\n", u.GoName, u.Seal)
	for _, b := range u.Branches {
		if b.Wrapper {
			e.useTypesOf(b.Value)
			e.printf("// %s is the %s in %s%s.\n", b.GoType, b.Value.Schema.Kind(), u.GoName, plainNote(b))
			e.printf("type %s %s\n\n", b.GoType, b.Value.Go)
		}
	}
	for _, b := range u.Branches {
		e.printf("func (%s) %s() {}\n", b.GoType, u.Seal)
	}
	e.printf("\n")
}

// hasNull reports whether the union has null among its types.
func (u *Union) hasNull() bool { return len(u.Branches) < len(u.Schema.Branches()) }

// plainNote says what a wrapper's plain value means.
func plainNote(b *Branch) string {
	if logical := b.Value.Schema.Logical().Type; logical != "" && b.Value.Shape != String {
		return fmt.Sprintf(", the plain value of a %s", logical)
	}
	return ""
}
