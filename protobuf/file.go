package protobuf

// What a .proto text says, in its own order.

type file struct {
	syntax   string // "proto2", "proto3"; empty: none is named, which means proto2, or edition is set
	edition  string // such as "2023"
	pkg      string
	imports  []importDecl
	options  []option
	messages []*message
	enums    []*enum
	extends  []*extend
	services []*service
}

type importDecl struct {
	path   string
	public bool
	weak   bool
	option bool // for options only, as edition 2024 has it
}

type message struct {
	name       string
	pos        int          // in the text
	prefix     string       // "export " or "local ", as edition 2024 has it
	reserved   [][]reserved // one list a declaration
	options    []option
	fields     []*field
	oneofs     []*oneof
	groups     []*group
	extensions []extensions
	messages   []*message
	enums      []*enum
	extends    []*extend
}

// reserved is a number, a range or a name that fields may not have.
type reserved struct {
	text string // as rendered
	from int64  // above all numbers for a name
}

type extensions struct {
	ranges  []string
	options []option
}

type field struct {
	pos      int    // in the text
	label    string // optional, required, repeated, or empty
	typ      string // a scalar type, or a name as written
	key      string // of a map, whose value is typ
	name     string
	tag      int64
	options  []option
	resolved string // full name of a message or enum, without the leading dot
	isEnum   bool
	from     *Schema // whose type it is, if it is not this file's
	oneof    *oneof
}

type oneof struct {
	name    string
	options []option
	fields  []*field
	groups  []*group
}

type group struct {
	label   string
	name    string
	tag     int64
	options []option
	body    *message
}

type enum struct {
	name     string
	prefix   string
	options  []option
	reserved [][]reserved
	values   []enumValue
}

type enumValue struct {
	name    string
	number  int64
	options []option
}

type extend struct {
	name     string
	fields   []*field
	groups   []*group
	resolved string
}

type service struct {
	name    string
	options []option
	methods []method
}

type method struct {
	name                    string
	request, response       string
	streamsIn, streamsOut   bool
	options                 []option
	resolvedIn, resolvedOut string
}

// option is a name and a value as rendered.
type option struct {
	name  string
	value optionValue
}

// optionValue is a word, a string, a list or a message in text form.
type optionValue struct {
	text   string
	quoted bool
	list   []optionValue
	isList bool
	fields []option
	isMap  bool
}
