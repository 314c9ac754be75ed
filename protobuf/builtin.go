package protobuf

import "strings"

// builtin are the types of files that every program has: their full names, and
// whether they are enums.
var builtin = map[string]bool{
	"google.protobuf.Any": false, "google.protobuf.Timestamp": false, "google.protobuf.Duration": false, "google.protobuf.Empty": false,
	"google.protobuf.FieldMask": false, "google.protobuf.SourceContext": false,
	"google.protobuf.Struct": false, "google.protobuf.Value": false, "google.protobuf.ListValue": false, "google.protobuf.NullValue": true,
	"google.protobuf.DoubleValue": false, "google.protobuf.FloatValue": false, "google.protobuf.Int64Value": false, "google.protobuf.UInt64Value": false,
	"google.protobuf.Int32Value": false, "google.protobuf.UInt32Value": false, "google.protobuf.BoolValue": false, "google.protobuf.StringValue": false,
	"google.protobuf.BytesValue": false,
	"google.protobuf.Api":        false, "google.protobuf.Method": false, "google.protobuf.Mixin": false,
	"google.protobuf.Type": false, "google.protobuf.Field": false, "google.protobuf.Enum": false, "google.protobuf.EnumValue": false,
	"google.protobuf.Option": false, "google.protobuf.Syntax": true,
	"google.protobuf.FileDescriptorSet": false, "google.protobuf.FileDescriptorProto": false, "google.protobuf.DescriptorProto": false,
	"google.protobuf.FieldDescriptorProto": false, "google.protobuf.OneofDescriptorProto": false, "google.protobuf.EnumDescriptorProto": false,
	"google.protobuf.EnumValueDescriptorProto": false, "google.protobuf.ServiceDescriptorProto": false, "google.protobuf.MethodDescriptorProto": false,
	"google.protobuf.FileOptions": false, "google.protobuf.MessageOptions": false, "google.protobuf.FieldOptions": false, "google.protobuf.OneofOptions": false,
	"google.protobuf.EnumOptions": false, "google.protobuf.EnumValueOptions": false, "google.protobuf.ServiceOptions": false, "google.protobuf.MethodOptions": false,
	"google.type.CalendarPeriod": true, "google.type.Color": false, "google.type.Date": false, "google.type.DateTime": false, "google.type.TimeZone": false,
	"google.type.DayOfWeek": true, "google.type.Decimal": false, "google.type.Expr": false, "google.type.Fraction": false, "google.type.Interval": false,
	"google.type.LatLng": false, "google.type.LocalizedText": false, "google.type.Money": false, "google.type.Month": true, "google.type.PhoneNumber": false,
	"google.type.PostalAddress": false, "google.type.Quaternion": false, "google.type.TimeOfDay": false,
	"confluent.Meta": false, "confluent.type.Decimal": false,
}

func builtinMessage(name string) *message {
	if builtin[name] {
		return nil
	}
	return &message{name: name}
}

func builtinEnum(name string) *enum {
	if !builtin[name] {
		return nil
	}
	return &enum{name: name}
}

// isBuiltinFile reports whether every program and registry has the file, so that it is
// never registered.
func isBuiltinFile(path string) bool {
	return strings.HasPrefix(path, "google/protobuf/") || strings.HasPrefix(path, "google/type/") || strings.HasPrefix(path, "confluent/")
}
