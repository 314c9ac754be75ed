package avro

import "reflect"

// structField is a Go struct's field that is a record's field.
type structField struct {
	name    string       // in the schema
	goName  string       // the path in Go, such as Embedded.ID
	aliases []string     // other names
	index   []int        // for reflect's FieldByIndex; more than one step through embedded structs
	typ     reflect.Type // of the field itself
	logical Logical      // asked for by the tag; zero: none
	def     string       // the default's JSON
	hasDef  bool
	tagged  bool // the name is from a tag
}

// structInfo is how a Go struct maps to a record.
type structInfo struct {
	name    Name // from a blank field; zero when there is none
	aliases []string
	fields  []structField // in the order of the declaration, embedded ones in place
}

// structFieldsOf lists the fields of struct type t by these rules:
//
//   - A field is named by its tag avro:"name", or else as in Go. avro:"-" leaves it out.
//   - After the name come options, each after a comma: alias=old (may be
//     repeated), a logical type such as timestamp-micros or decimal(9,2), and,
//     as the last one, default=JSON, which goes on to the end of the tag.
//   - Unexported fields are left out; a tag on one is an error.
//   - The fields of an embedded struct, or pointer to one, without a tag are
//     the outer struct's own; where names collide, the rules of Go and of
//     encoding/json hold: the least nested wins, then the tagged one, else none.
//   - A blank field, _ struct{} `avro:"com.acme.Event,alias=com.acme.Old"`,
//     names the record.
func structFieldsOf(t reflect.Type) (*structInfo, error) {
	if t.Kind() != reflect.Struct {
		return nil, newTypeError(t.String(), "a struct was expected")
	}
	info := &structInfo{}
	if err := info.nameFromTag(t); err != nil {
		return nil, err
	}
	w := structWalker{root: t}
	if err := w.walk(t, nil, "", map[reflect.Type]bool{t: true}); err != nil {
		return nil, err
	}
	var err error
	info.fields, err = w.dominant()
	return info, err
}

// nameFromTag reads the blank field that names the record.
func (info *structInfo) nameFromTag(t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup(tagKey)
		if f.Name != "_" || !ok {
			continue
		}
		p, err := parseFieldTag(tag)
		switch {
		case err != nil:
			return newTypeError(t.String()+"._", "%v", err)
		case info.name != Name{}:
			return newTypeError(t.String()+"._", "two blank fields name the record")
		case p.name == "" || p.logical != Logical{} || p.hasDef:
			return newTypeError(t.String()+"._", `the tag of a blank field is the record's name and its aliases, as in avro:"com.acme.Event,alias=com.acme.Old"`)
		}
		info.name, info.aliases = qualify(p.name, ""), p.aliases
	}
	return nil
}

type structWalker struct {
	root   reflect.Type
	fields []structField
}

// walk collects the fields of t, which stands at index within the root; around
// holds the structs that t is embedded in.
func (w *structWalker) walk(t reflect.Type, index []int, goPath string, around map[reflect.Type]bool) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup(tagKey)
		if f.Name == "_" || tag == "-" {
			continue
		}
		at := goPath + f.Name
		p, err := parseFieldTag(tag)
		if err != nil {
			return newTypeError(w.root.String()+"."+at, "%v", err)
		}
		path := append(index[:len(index):len(index)], i)
		if inner := embeddedStruct(f); inner != nil && !tagged {
			if f.Type.Kind() == reflect.Pointer && !f.IsExported() {
				return newTypeError(w.root.String()+"."+at, "an embedded pointer to an unexported struct cannot be set: embed the struct itself, or leave it out with avro:\"-\"")
			}
			if around[inner] {
				continue // its fields are hidden by those outside
			}
			around[inner] = true
			err := w.walk(inner, path, at+".", around)
			delete(around, inner)
			if err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() {
			if tagged {
				return newTypeError(w.root.String()+"."+at, "an unexported field cannot have an avro tag: export it")
			}
			continue
		}
		name := p.name
		if name == "" {
			name = f.Name
		}
		if !isName(name) {
			return newTypeError(w.root.String()+"."+at, "%s is no valid name for a field: %s", excerpt(name), nameRule)
		}
		w.fields = append(w.fields, structField{
			name: name, goName: at, aliases: p.aliases, index: path, typ: f.Type,
			logical: p.logical, def: p.def, hasDef: p.hasDef, tagged: p.name != "",
		})
	}
	return nil
}

// embeddedStruct is the struct type whose fields f brings in; nil when f is not
// embedded, or is a type of its own in Avro.
func embeddedStruct(f reflect.StructField) reflect.Type {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct || t == timeType || t == ratType {
		return nil
	}
	return t
}

// dominant drops the fields that others hide. Two of one name that none hides are an
// error at the top of the struct, where they can only be a slip, and else hide each other.
func (w *structWalker) dominant() ([]structField, error) {
	byName := make(map[string][]int, len(w.fields))
	for i := range w.fields {
		byName[w.fields[i].name] = append(byName[w.fields[i].name], i)
	}
	var kept []structField
	for i := range w.fields {
		f := &w.fields[i]
		wins := true
		for _, j := range byName[f.name] {
			g := &w.fields[j]
			switch {
			case i == j:
			case len(f.index) == 1 && len(g.index) == 1:
				return nil, newTypeError(w.root.String()+"."+f.goName, "the field %s has the name %q too", g.goName, f.name)
			case len(f.index) > len(g.index), len(f.index) == len(g.index) && (g.tagged || !f.tagged):
				wins = false
			}
		}
		if wins {
			kept = append(kept, *f)
		}
	}
	return kept, nil
}
