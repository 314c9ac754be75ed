package protobuf

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// extensionTypes finds options' extensions: those of the program, and those that the
// file's imports declare without generated code being linked.
type extensionTypes struct{ *dynamicpb.Types }

func extensionsOf(fd protoreflect.FileDescriptor) *extensionTypes {
	files := new(protoregistry.Files)
	var add func(fd protoreflect.FileDescriptor)
	add = func(fd protoreflect.FileDescriptor) {
		if _, err := files.FindFileByPath(fd.Path()); err == nil {
			return
		}
		for i := range fd.Imports().Len() {
			if imported := fd.Imports().Get(i); !imported.IsPlaceholder() {
				add(imported.FileDescriptor)
			}
		}
		// A conflict of names, which only programs that allow it have, leaves the later file out.
		_ = files.RegisterFile(fd)
	}
	add(fd)
	return &extensionTypes{dynamicpb.NewTypes(files)}
}

func (t *extensionTypes) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	if x, err := protoregistry.GlobalTypes.FindExtensionByName(name); err == nil {
		return x, nil
	}
	return t.Types.FindExtensionByName(name)
}

func (t *extensionTypes) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if x, err := protoregistry.GlobalTypes.FindExtensionByNumber(message, number); err == nil {
		return x, nil
	}
	return t.Types.FindExtensionByNumber(message, number)
}

// options are "name = value" for each option that is set, by number.
func (p *printer) options(scope string, m proto.Message) []string {
	if m == nil || !m.ProtoReflect().IsValid() {
		return nil
	}
	b, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(m)
	if err != nil {
		p.fail("%s: options: %v", p.file.GetName(), err)
		return nil
	}
	// What the program did not know when it read the options may be known here.
	known := m.ProtoReflect().New()
	if err := (proto.UnmarshalOptions{Resolver: p.resolver, AllowPartial: true}).Unmarshal(b, known.Interface()); err != nil {
		p.fail("%s: options: %v", p.file.GetName(), err)
		return nil
	}
	var all []string
	for _, f := range setFields(known) {
		if f.ContainingMessage().FullName() == "google.protobuf.MessageOptions" && f.Name() == "map_entry" {
			continue
		}
		name := string(f.Name())
		if f.IsExtension() {
			name = "(" + p.optionName(scope, f) + ")"
		}
		v := known.Get(f)
		switch {
		case f.IsMap():
			for _, entry := range p.mapEntries(f, v.Map()) {
				all = append(all, name+" = "+entry)
			}
		case f.IsList():
			for i := range v.List().Len() {
				all = append(all, name+" = "+p.value(f, v.List().Get(i)))
			}
		default:
			all = append(all, name+" = "+p.value(f, v))
		}
	}
	return all
}

// optionName is an extension's full name, with a dot in front where it would be taken
// for another.
func (p *printer) optionName(scope string, f protoreflect.FieldDescriptor) string {
	full := string(f.FullName())
	first, _, compound := strings.Cut(full, ".")
	for inside := scope; compound && inside != ""; inside = inside[:max(strings.LastIndexByte(inside, '.'), 0)] {
		if p.names.outs[join(inside, first)] {
			return "." + full
		}
	}
	return full
}

func setFields(m protoreflect.Message) []protoreflect.FieldDescriptor {
	var all []protoreflect.FieldDescriptor
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		all = append(all, f)
		return true
	})
	slices.SortFunc(all, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number()) - int(b.Number()) })
	return all
}

// fieldOptions are the options of a field, with what stands among them but is none.
func (p *printer) fieldOptions(scope string, f *descriptorpb.FieldDescriptorProto) []string {
	var all []string
	if f.DefaultValue != nil {
		v := f.GetDefaultValue()
		switch f.GetType() {
		case descriptorpb.FieldDescriptorProto_TYPE_STRING:
			v = quoteText(v)
		case descriptorpb.FieldDescriptorProto_TYPE_BYTES:
			v = `"` + v + `"` // it is escaped already
		}
		all = append(all, "default = "+v)
	}
	if f.JsonName != nil && f.Extendee == nil && f.GetJsonName() != jsonName(f.GetName()) {
		all = append(all, "json_name = "+quoteText(f.GetJsonName()))
	}
	return append(all, p.options(scope, f.GetOptions())...)
}

// jsonName is the name in JSON that a compiler derives.
func jsonName(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			upper = true
			continue
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		b.WriteByte(c)
		upper = false
	}
	return b.String()
}

func (p *printer) statements(options []string) {
	for _, o := range options {
		p.line("option ", o, ";")
	}
}

func bracketed(options []string) string {
	if len(options) == 0 {
		return ""
	}
	return " [" + strings.Join(options, ", ") + "]"
}

func (p *printer) value(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.StringKind:
		return quoteText(v.String())
	case protoreflect.BytesKind:
		return quoteBytes(v.Bytes())
	case protoreflect.EnumKind:
		if e := f.Enum().Values().ByNumber(v.Enum()); e != nil {
			return string(e.Name())
		}
		return strconv.Itoa(int(v.Enum()))
	case protoreflect.FloatKind:
		return floatText(v.Float(), 32)
	case protoreflect.DoubleKind:
		return floatText(v.Float(), 64)
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return p.message(v.Message())
	}
	return v.String() // bools and whole numbers
}

func floatText(x float64, bits int) string {
	switch {
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	case math.IsNaN(x):
		return "nan"
	}
	// Registries' parsers do not take a sign that says nothing.
	return strings.Replace(strconv.FormatFloat(x, 'g', -1, bits), "e+", "e", 1)
}

// message is a value in the text format.
func (p *printer) message(m protoreflect.Message) string {
	if p.depth++; p.depth > maxDepth {
		p.fail("%s: an option is nested too deeply", p.file.GetName())
		return "{}"
	}
	defer func() { p.depth-- }()
	var parts []string
	for _, f := range setFields(m) {
		name := string(f.Name())
		switch {
		case f.IsExtension():
			name = "[" + string(f.FullName()) + "]"
		case f.Kind() == protoreflect.GroupKind && strings.EqualFold(name, string(f.Message().Name())):
			name = string(f.Message().Name())
		}
		v := m.Get(f)
		switch {
		case f.IsMap():
			for _, entry := range p.mapEntries(f, v.Map()) {
				parts = append(parts, name+": "+entry)
			}
		case f.IsList():
			for i := range v.List().Len() {
				parts = append(parts, name+": "+p.value(f, v.List().Get(i)))
			}
		default:
			parts = append(parts, name+": "+p.value(f, v))
		}
	}
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func (p *printer) mapEntries(f protoreflect.FieldDescriptor, m protoreflect.Map) []string {
	var entries []string
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		entries = append(entries, "{ key: "+p.value(f.MapKey(), k.Value())+", value: "+p.value(f.MapValue(), v)+" }")
		return true
	})
	slices.Sort(entries)
	return entries
}

// quoteText is a string literal of protoc's.
func quoteText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			writeOctal(&b, byte(r))
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			writeOctal(&b, s[i])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteBytes(v []byte) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range v {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			writeOctal(&b, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func writeOctal(b *strings.Builder, c byte) {
	b.WriteByte('\\')
	b.WriteByte('0' + c>>6)
	b.WriteByte('0' + c>>3&7)
	b.WriteByte('0' + c&7)
}
