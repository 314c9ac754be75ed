package jsonschema

import (
	"fmt"
	"strings"

	engine "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// collect adds what the engine found: the innermost errors, which say most, and above them those of
// combinations (anyOf, oneOf, not).
func (e *ValidationError) collect(found *engine.ValidationError) {
	reason := reasonOfKind(found.ErrorKind)
	if reason != "" {
		e.Violations = append(e.Violations, Violation{
			InstancePath: pointerOf(found.InstanceLocation),
			SchemaPath:   schemaPath(found),
			Reason:       reason,
		})
	}
	for _, cause := range found.Causes {
		e.collect(cause)
	}
}

func pointerOf(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(escapePointer(t))
	}
	return b.String()
}

func schemaPath(found *engine.ValidationError) string {
	document, pointer, _ := strings.Cut(found.SchemaURL, "#")
	pointer += pointerOf(found.ErrorKind.KeywordPath())
	if document == rootURL {
		return pointer
	}
	return strings.TrimPrefix(document, "mem:///") + "#" + pointer
}

// reasonOfKind says the rule without the value; empty where only the causes say something.
func reasonOfKind(k engine.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		return ""
	case *kind.Type:
		return fmt.Sprintf("it is of type %s, not %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Required:
		return "it lacks " + excerpts(k.Missing)
	case *kind.AdditionalProperties:
		return "it has properties that are not allowed: " + excerpts(k.Properties)
	case *kind.Enum:
		return "it is none of the values of the enum"
	case *kind.Const:
		return "it is not the value of the const"
	case *kind.Format:
		return "it is not of the format " + excerpt(k.Want)
	case *kind.Pattern:
		return "it does not match " + excerpt(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("it has %d characters, fewer than %d", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("it has %d characters, more than %d", k.Got, k.Want)
	case *kind.Minimum:
		return "it is less than " + k.Want.RatString()
	case *kind.Maximum:
		return "it is more than " + k.Want.RatString()
	case *kind.ExclusiveMinimum:
		return "it is not more than " + k.Want.RatString()
	case *kind.ExclusiveMaximum:
		return "it is not less than " + k.Want.RatString()
	case *kind.MultipleOf:
		return "it is no multiple of " + k.Want.RatString()
	case *kind.MinItems:
		return fmt.Sprintf("it has %d items, fewer than %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("it has %d items, more than %d", k.Got, k.Want)
	case *kind.AnyOf:
		return "it is valid under none of the schemas of anyOf"
	case *kind.OneOf:
		return "it is not valid under exactly one of the schemas of oneOf"
	case *kind.FalseSchema:
		return "nothing is allowed here"
	}
	path := k.KeywordPath()
	if len(path) == 0 {
		return "it breaks a rule of the schema"
	}
	return "it breaks the rule " + path[0]
}

func excerpts(names []string) string {
	const most = 10
	var b strings.Builder
	for i, n := range names {
		if i == most {
			b.WriteString(", ...")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(excerpt(n))
	}
	return b.String()
}
