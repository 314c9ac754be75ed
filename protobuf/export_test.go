package protobuf

// For tests of what has no name outside.
var (
	FileText      = fileText
	IsBuiltinFile = isBuiltinFile
)
