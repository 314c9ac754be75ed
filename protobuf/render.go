package protobuf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// renderer writes a file as schema registries keep it: the declarations sorted by
// kind, two blanks a level, an empty line between the kinds. Where full is set, it
// is the normal form, the same for texts that mean the same: names of types in
// full, imports, options and fields sorted, what is the default left out.
//
// Where escape is set, strings are written as compilers want them; registries keep the
// characters themselves.
type renderer struct{ full, escape bool }

func (r renderer) quote(s string) string {
	if r.escape {
		return quoteText(s)
	}
	return quote(s)
}

// quote is a string literal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// indent moves every line by two blanks, empty ones too.
func indent(text string) string {
	if text == "" {
		return ""
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return "  " + strings.Join(lines, "\n  ") + "\n"
}

// emptyBlock is a block without lines that is separated from the others all the same.
const emptyBlock = "\x00"

// body is the blocks of a declaration in braces, with an empty line between them.
func body(head string, blocks ...string) string {
	var kept []string
	for _, b := range blocks {
		switch b {
		case "":
		case emptyBlock:
			kept = append(kept, "")
		default:
			kept = append(kept, indent(b))
		}
	}
	if len(kept) == 0 {
		return head + " {}\n"
	}
	return head + " {\n" + strings.Join(kept, "\n") + "}\n"
}

func (r renderer) file(f *file) string {
	var b strings.Builder
	if f.syntax != "" && !(r.full && f.syntax == "proto2") {
		b.WriteString("syntax = \"" + f.syntax + "\";\n")
	}
	if f.edition != "" {
		b.WriteString("edition = " + r.quote(f.edition) + ";\n")
	}
	if f.pkg != "" {
		b.WriteString("package " + f.pkg + ";\n")
	}
	var plain, public, forOptions []string // weak imports are left out
	for _, i := range f.imports {
		switch {
		case i.public:
			public = append(public, "import public "+r.quote(i.path)+";\n")
		case i.option:
			forOptions = append(forOptions, "import option "+r.quote(i.path)+";\n")
		case !i.weak:
			plain = append(plain, "import "+r.quote(i.path)+";\n")
		}
	}
	if r.full {
		slices.Sort(plain)
		slices.Sort(public)
		slices.Sort(forOptions)
		plain, public, forOptions = slices.Compact(plain), slices.Compact(public), slices.Compact(forOptions)
	}
	block := func(text string) {
		if text != "" {
			b.WriteString("\n" + text)
		}
	}
	block(strings.Join(slices.Concat(plain, public, forOptions), ""))
	block(r.options(f.options))
	var types strings.Builder
	for _, m := range f.messages {
		types.WriteString(r.message(m))
	}
	for _, e := range f.enums {
		types.WriteString(r.enum(e))
	}
	block(types.String())
	block(r.extends(f.extends))
	for _, s := range f.services {
		block(r.service(s))
	}
	return b.String()
}

func (r renderer) sortedOptions(all []option) []option {
	if !r.full {
		return all
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b option) int { return strings.Compare(a.name, b.name) })
	return sorted
}

// options are statements.
func (r renderer) options(all []option) string {
	var b strings.Builder
	for _, o := range r.sortedOptions(all) {
		b.WriteString("option " + o.name + " = " + r.value(o.value) + ";\n")
	}
	return b.String()
}

// bracketed are the options of a field: on its line, or if there are several on
// lines of their own.
func (r renderer) bracketed(all []option) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return " [" + all[0].name + " = " + r.value(all[0].value) + "]"
	}
	var lines []string
	for _, o := range r.sortedOptions(all) {
		lines = append(lines, o.name+" = "+r.value(o.value))
	}
	return " [\n" + indent(strings.Join(lines, ",\n")+"\n") + "]"
}

func (r renderer) value(v optionValue) string {
	switch {
	case v.quoted:
		return r.quote(v.text)
	case v.isList:
		var items []string
		for _, item := range v.list {
			items = append(items, r.value(item))
		}
		if len(items) == 0 {
			return "[]"
		}
		return "[\n" + indent(strings.Join(items, ",\n")+"\n") + "]"
	case v.isMap:
		var items []string
		for _, f := range r.sortedOptions(v.fields) {
			items = append(items, f.name+": "+r.value(f.value))
		}
		if len(items) == 0 {
			return "{}"
		}
		return "{\n" + indent(strings.Join(items, ",\n")+"\n") + "}"
	}
	return v.text
}

func (r renderer) reserved(all [][]reserved) string {
	if r.full { // each for itself
		var single [][]reserved
		for _, one := range slices.SortedStableFunc(slices.Values(slices.Concat(all...)), func(a, b reserved) int { return cmp.Compare(a.from, b.from) }) {
			single = append(single, []reserved{one})
		}
		all = single
	}
	var b strings.Builder
	for _, declared := range all {
		var texts []string
		for _, one := range declared {
			texts = append(texts, one.text)
		}
		b.WriteString("reserved " + strings.Join(texts, ", ") + ";\n")
	}
	return b.String()
}

func (r renderer) message(m *message) string {
	return body(m.prefix+"message "+m.name, r.members(m)...)
}

func (r renderer) members(m *message) []string {
	var oneofs, groups, ext, nested strings.Builder
	for _, o := range m.oneofs {
		oneofs.WriteString(r.oneof(o))
	}
	if r.full && len(m.oneofs) > 0 && oneofs.Len() == 0 {
		oneofs.WriteString(emptyBlock) // oneofs without fields leave their place
	}
	for _, g := range m.groups {
		groups.WriteString(r.group(g))
	}
	for _, x := range m.extensions {
		ext.WriteString("extensions " + strings.Join(x.ranges, ", ") + r.bracketed(x.options) + ";\n")
	}
	for _, inner := range m.messages {
		nested.WriteString(r.message(inner))
	}
	for _, e := range m.enums {
		nested.WriteString(r.enum(e))
	}
	return []string{
		r.reserved(m.reserved), r.options(m.options), r.fields(m.fields), oneofs.String(), groups.String(), ext.String(), nested.String(), r.extends(m.extends),
	}
}

func (r renderer) fields(all []*field) string {
	if r.full {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b *field) int { return cmp.Compare(a.tag, b.tag) })
	}
	var b strings.Builder
	for _, f := range all {
		b.WriteString(r.field(f))
	}
	return b.String()
}

func (r renderer) field(f *field) string {
	typ := f.typ
	if r.full && f.resolved != "" {
		typ = "." + f.resolved
	}
	if f.key != "" {
		typ = "map<" + f.key + ", " + typ + ">"
	}
	if f.label != "" {
		typ = f.label + " " + typ
	}
	return typ + " " + f.name + " = " + strconv.FormatInt(f.tag, 10) + r.bracketed(f.options) + ";\n"
}

func (r renderer) oneof(o *oneof) string {
	var groups strings.Builder
	for _, g := range o.groups {
		groups.WriteString(r.group(g))
	}
	if r.full && len(o.fields) == 0 && len(o.groups) == 0 {
		return ""
	}
	return body("oneof "+o.name, r.options(o.options), r.fields(o.fields), groups.String())
}

func (r renderer) group(g *group) string {
	head := "group " + g.name + " = " + strconv.FormatInt(g.tag, 10) + r.bracketed(g.options)
	if g.label != "" {
		head = g.label + " " + head
	}
	return body(head, r.members(g.body)...)
}

func (r renderer) enum(e *enum) string {
	values := e.values
	if r.full {
		values = slices.Clone(values)
		slices.SortStableFunc(values, func(a, b enumValue) int { return cmp.Compare(a.number, b.number) })
	}
	var b strings.Builder
	for _, o := range r.sortedOptions(e.options) {
		b.WriteString("option " + o.name + " = " + r.value(o.value) + ";\n")
	}
	for _, v := range values {
		b.WriteString(v.name + " = " + strconv.FormatInt(v.number, 10) + r.bracketed(v.options) + ";\n")
	}
	return body(e.prefix+"enum "+e.name, r.reserved(e.reserved), b.String())
}

func (r renderer) extends(all []*extend) string {
	var texts []string
	for _, x := range all {
		name := x.name
		if r.full && x.resolved != "" {
			name = "." + x.resolved
		}
		var groups strings.Builder
		for _, g := range x.groups {
			groups.WriteString(r.group(g))
		}
		texts = append(texts, body("extend "+name, r.fields(x.fields), groups.String()))
	}
	return strings.Join(texts, "")
}

func (r renderer) service(s *service) string {
	var methods strings.Builder
	for _, m := range s.methods {
		in, out := m.request, m.response
		if r.full {
			in, out = "."+m.resolvedIn, "."+m.resolvedOut
		}
		if m.streamsIn {
			in = "stream " + in
		}
		if m.streamsOut {
			out = "stream " + out
		}
		head := "rpc " + m.name + " (" + in + ") returns (" + out + ")"
		if len(m.options) == 0 {
			methods.WriteString(head + ";\n")
		} else {
			methods.WriteString(body(head, r.options(m.options)))
		}
	}
	return body("service "+s.name, r.options(s.options), methods.String())
}
