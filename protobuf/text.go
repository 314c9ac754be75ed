package protobuf

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// fileText is the .proto text of a file: what a compiler makes of it is the descriptor
// again, in the same order, services and options included. Comments are not kept:
// generated code has none.
func fileText(fd protoreflect.FileDescriptor) (string, error) {
	p := &printer{file: protodesc.ToFileDescriptorProto(fd), names: namesOf(fd), resolver: extensionsOf(fd)}
	p.print()
	if p.err != nil {
		return "", p.err
	}
	return p.b.String(), nil
}

// printer writes a file's text. The first error stays.
type printer struct {
	file     *descriptorpb.FileDescriptorProto
	names    *typeNames
	resolver *extensionTypes
	b        strings.Builder
	depth    int
	err      error
}

func (p *printer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = invalid(format, args...)
	}
}

// line writes a line at the present depth.
func (p *printer) line(parts ...string) {
	for range p.depth {
		p.b.WriteString("  ")
	}
	for _, s := range parts {
		p.b.WriteString(s)
	}
	p.b.WriteByte('\n')
}

// block writes a head with braces around what inner writes.
func (p *printer) block(head string, inner func()) {
	if p.depth++; p.depth > maxDepth {
		p.fail("%s: it is nested too deeply", p.file.GetName())
		return
	}
	p.depth--
	p.line(head, " {")
	p.depth++
	inner()
	p.depth--
	p.line("}")
}

func (p *printer) gap() { p.b.WriteByte('\n') }

func (p *printer) proto3() bool   { return p.file.GetSyntax() == "proto3" }
func (p *printer) editions() bool { return p.file.GetSyntax() == "editions" }

func (p *printer) print() {
	f := p.file
	switch {
	case p.editions():
		p.line("edition = ", quoteText(strings.TrimPrefix(f.GetEdition().String(), "EDITION_")), ";")
	case p.proto3():
		p.line(`syntax = "proto3";`)
	default:
		p.line(`syntax = "proto2";`)
	}
	if f.GetPackage() != "" {
		p.line("package ", f.GetPackage(), ";")
	}
	if len(f.GetDependency()) > 0 || len(f.GetOptionDependency()) > 0 {
		p.gap()
	}
	public, weak := indexSet(f.GetPublicDependency()), indexSet(f.GetWeakDependency())
	for i, path := range f.GetDependency() {
		switch {
		case public[int32(i)]:
			p.line("import public ", quoteText(path), ";")
		case weak[int32(i)]:
			p.line("import weak ", quoteText(path), ";")
		default:
			p.line("import ", quoteText(path), ";")
		}
	}
	for _, path := range f.GetOptionDependency() {
		p.line("import option ", quoteText(path), ";")
	}
	pkg := f.GetPackage()
	if options := p.options(pkg, f.GetOptions()); len(options) > 0 {
		p.gap()
		p.statements(options)
	}
	s := p.newScope(pkg, f.GetMessageType())
	s.gaps = true
	s.extends(f.GetExtension())
	s.messages(len(f.GetMessageType()))
	for _, e := range f.GetEnumType() {
		p.gap()
		p.enum(pkg, e)
	}
	for _, svc := range f.GetService() {
		p.gap()
		p.service(pkg, svc)
	}
}

func indexSet(all []int32) map[int32]bool {
	m := make(map[int32]bool, len(all))
	for _, i := range all {
		m[i] = true
	}
	return m
}

// visibility is the word before a message or enum of edition 2024.
func visibility(v descriptorpb.SymbolVisibility) string {
	switch v {
	case descriptorpb.SymbolVisibility_VISIBILITY_EXPORT:
		return "export "
	case descriptorpb.SymbolVisibility_VISIBILITY_LOCAL:
		return "local "
	}
	return ""
}

func (p *printer) enum(scope string, e *descriptorpb.EnumDescriptorProto) {
	p.block(visibility(e.GetVisibility())+"enum "+e.GetName(), func() {
		// Values are in the scope around their enum, and so is the name resolution of options.
		full := join(scope, e.GetName())
		p.statements(p.options(full, e.GetOptions()))
		for _, v := range e.GetValue() {
			p.line(v.GetName(), " = ", strconv.Itoa(int(v.GetNumber())), bracketed(p.options(full, v.GetOptions())), ";")
		}
		var ranges []string
		for _, r := range e.GetReservedRange() {
			ranges = append(ranges, numberRange(r.GetStart(), r.GetEnd(), maxEnumNumber))
		}
		p.reserved(ranges, e.GetReservedName())
	})
}

const maxEnumNumber = 1<<31 - 1

// numberRange is a range whose end belongs to it.
func numberRange(from, to, last int32) string {
	switch {
	case from == to:
		return strconv.Itoa(int(from))
	case to == last:
		return fmt.Sprintf("%d to max", from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}

func (p *printer) reserved(ranges, names []string) {
	if len(ranges) > 0 {
		p.line("reserved ", strings.Join(ranges, ", "), ";")
	}
	if len(names) == 0 {
		return
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		if quoted[i] = name; !p.editions() {
			quoted[i] = quoteText(name)
		}
	}
	p.line("reserved ", strings.Join(quoted, ", "), ";")
}

func (p *printer) service(scope string, s *descriptorpb.ServiceDescriptorProto) {
	p.block("service "+s.GetName(), func() {
		full := join(scope, s.GetName())
		p.statements(p.options(full, s.GetOptions()))
		for _, m := range s.GetMethod() {
			head := "rpc " + m.GetName() + "(" + p.payload(full, m.GetInputType(), m.GetClientStreaming()) +
				") returns (" + p.payload(full, m.GetOutputType(), m.GetServerStreaming()) + ")"
			if options := p.options(full, m.GetOptions()); len(options) > 0 {
				p.block(head, func() { p.statements(options) })
			} else {
				p.line(head, ";")
			}
		}
	})
}

func (p *printer) payload(scope, name string, streams bool) string {
	name = p.names.short(scope, name)
	if streams {
		return "stream " + name
	}
	if name == "stream" {
		return "." + name
	}
	return name
}
