package registryserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// reservedProperty lists, by commas, the names of fields that a schema may not have.
const reservedProperty = "confluent:reserved"

// FieldLister is a Parsed that knows the names of its top-level fields.
type FieldLister interface {
	Fields() []string
}

// reservedFields are the messages about fields whose names are reserved, and about
// names that the latest version reserved and this schema does not.
func reservedFields(d *draft, previous []*stored) []string {
	reserved := reservedNames(property(d.schema.Metadata, reservedProperty))
	var details []string
	if len(previous) > 0 {
		latest := previous[len(previous)-1]
		for _, n := range reservedNames(property(latest.Metadata, reservedProperty)) {
			if !slices.Contains(reserved, n) {
				details = append(details, fmt.Sprintf("The new schema has reserved field %s removed from its metadata which is present in the old schema's metadata.", n))
			}
		}
	}
	lister, ok := d.parsed.(FieldLister)
	if !ok {
		return details
	}
	for _, f := range lister.Fields() {
		if slices.Contains(reserved, f) {
			details = append(details, fmt.Sprintf("The new schema has field that conflicts with the reserved field %s.", f))
		}
	}
	return details
}

func reservedNames(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(n string) bool { return n == "" })
}

func property(m *registry.Metadata, key string) string {
	if m == nil {
		return ""
	}
	return m.Properties[key]
}
