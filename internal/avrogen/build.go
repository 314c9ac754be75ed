package avrogen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concord-go/concord/avro"
)

// builder makes the model of loaded schemas. It goes on after an error, so that
// all are told at once.
type builder struct {
	pkg     scope              // of the package
	types   map[avro.Name]Type // the named ones
	sources map[*File]*loaded
	file    *loaded // at work
	text    int     // bytes of schema texts so far
	errs    []error
}

// Bounds of what is generated: an array in Go is laid out in place, and each type has
// its whole schema with it.
const (
	maxFixedSize = 1 << 20
	maxText      = 64 << 20
)

const remedy = `rename one with the attribute "` + nameAttribute + `" in its schema`

// build makes the model of a package.
func build(name string, all []*loaded) (*Package, error) {
	b := &builder{pkg: make(scope), types: make(map[avro.Name]Type), sources: make(map[*File]*loaded)}
	p := &Package{Name: name}
	names := make(map[string]string)
	owned := make(map[avro.Name]bool)
	for _, f := range all {
		b.file = f
		if len(f.defines) == 0 {
			b.fail("", "it defines no record, enum or fixed: there is no type to generate")
			continue
		}
		file := &File{Name: fileName(f.Name), Source: f.Name[strings.LastIndexAny(f.Name, `/\`)+1:]}
		b.sources[file] = f
		for _, s := range f.defines {
			if !owned[s.Name()] { // an earlier source has it
				owned[s.Name()] = true
				file.Types = append(file.Types, b.declare(s))
			}
		}
		if len(file.Types) == 0 {
			continue
		}
		if other, ok := names[file.Name]; ok {
			b.fail("", fmt.Sprintf("its code would be in %s, as that of %s: rename one", file.Name, plainName(other)))
		}
		names[file.Name] = f.Name
		p.Files = append(p.Files, file)
	}
	for _, file := range p.Files {
		b.file = b.sources[file]
		var types []Type
		for _, t := range file.Types {
			types = append(types, t)
			if r, ok := t.(*Record); ok {
				b.fields(r)
				for _, u := range r.Unions {
					types = append(types, u)
				}
			}
		}
		file.Types = types
	}
	b.recursion(p)
	return p, errors.Join(b.errs...)
}

// fail notes an error at a type or field of the source at work.
func (b *builder) fail(at, reason string) {
	b.errs = append(b.errs, &Error{Source: b.file.Name, At: at, Reason: reason})
}

// claim gives a name in the package to what is described as such.
func (b *builder) claim(name, what, at, remedy string) {
	if err := b.pkg.claim(name, what, remedy); err != nil {
		b.fail(at, err.Error())
	}
}

// declare makes a named type without what is in it.
func (b *builder) declare(s *avro.Schema) Type {
	at := s.Name().String()
	name, err := chosenName(s.Properties())
	if err != nil {
		b.fail(at, err.Error())
	}
	if name == "" {
		name = exportedName(s.Name().Local)
	}
	b.claim(name, fmt.Sprintf("the %s %s", s.Kind(), at), at, remedy+" (the namespace does not count)")
	text := b.wholeText(s)
	var t Type
	switch s.Kind() {
	case avro.Enum:
		e := &Enum{GoName: name, Schema: s, Doc: s.Doc(), Text: text}
		b.symbols(e)
		t = e
	case avro.Fixed:
		if s.Size() > maxFixedSize {
			b.fail(at, fmt.Sprintf("a fixed of %d bytes is too large for a Go array (the most is %d)", s.Size(), maxFixedSize))
		}
		t = &Fixed{GoName: name, Schema: s, Doc: s.Doc(), Size: s.Size(), Text: text}
	default:
		t = &Record{GoName: name, Schema: s, Doc: s.Doc(), Text: text}
	}
	b.types[s.Name()] = t
	return t
}

// wholeText is the text of a type with all that it refers to, which the program
// that is generated parses.
func (b *builder) wholeText(s *avro.Schema) string {
	if b.text > maxText {
		return ""
	}
	text := s.String()
	if _, err := avro.Parse(text); err != nil {
		b.errs = append(b.errs, &Error{Source: b.file.Name, At: s.Name().String(), Reason: "with all that it refers to it is no schema", Err: err})
	}
	if b.text += len(text); b.text > maxText {
		b.fail(s.Name().String(), fmt.Sprintf("the types repeat each other in their schemas, which take more than %d bytes: generate them in several packages", maxText))
	}
	return text
}

// symbols names the constants of an enum.
func (b *builder) symbols(e *Enum) {
	at := e.Schema.Name().String()
	chosen, err := chosenSymbols(e.Schema)
	if err != nil {
		b.fail(at, err.Error())
	}
	for _, symbol := range e.Schema.Symbols() {
		name, ok := chosen[symbol]
		if !ok {
			name = e.GoName + exportedName(symbol)
		}
		b.claim(name, fmt.Sprintf("the symbol %s of the enum %s", symbol, at), at,
			fmt.Sprintf(`rename one, a type with the attribute %q in its schema, a symbol with an attribute of the enum, %q: {%q: "Name"}`, nameAttribute, symbolsAttribute, symbol))
		e.Symbols = append(e.Symbols, Symbol{GoName: name, Name: symbol})
	}
}

// recordMethods are generated for each record.
var recordMethods = []string{"AppendAvro", "DecodeAvro", "AvroSchema", "AvroUnions", "AvroCode"}

// fields makes the fields of a record, and the unions that it holds.
func (b *builder) fields(r *Record) {
	own := make(scope)
	for _, m := range recordMethods {
		own[m] = "the generated method " + m
	}
	for _, f := range r.Schema.Fields() {
		at := r.Schema.Name().String() + "." + f.Name()
		name, err := chosenName(f.Properties())
		if err != nil {
			b.fail(at, err.Error())
		}
		if name == "" {
			name = exportedName(f.Name())
		}
		if err := own.claim(name, "the field "+f.Name(), remedy); err != nil {
			b.fail(at, err.Error())
		}
		place := place{record: r, at: at, name: r.GoName + name}
		r.Fields = append(r.Fields, &Field{GoName: name, Name: f.Name(), Doc: f.Doc(), Tag: b.tag(&f, at), Value: b.value(f.Type(), place)})
	}
}

// tag is what stands in a field's tag: nothing in it may end it or be an option.
func (b *builder) tag(f *avro.Field, at string) string {
	tag := f.Name()
	for _, alias := range f.Aliases() {
		if alias == "" || isDigit(alias[0]) || strings.Trim(alias, letters) != "" {
			b.fail(at, fmt.Sprintf("the alias %s is no valid name, and no writer's field can have it: take it away", quoted(alias)))
			continue
		}
		tag += ",alias=" + alias
	}
	return tag
}
