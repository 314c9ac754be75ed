package serde

import "github.com/concord-go/concord/registry"

// side is how a schema takes part in what is being done.
type side uint8

const (
	writingUnder side = iota // the schema that values are written under
	readingFrom              // the writer schema of records being read
	readingInto              // the reader schema, the program's own
)

// checkRules refuses a schema with a data-contract rule that would have to run:
// this process has no engine for any, and a rule passed over in silence would
// let out what it was to encrypt, or let in what it was to refuse.
func checkRules(set *registry.RuleSet, as side) error {
	if set == nil {
		return nil
	}
	for _, phase := range []struct {
		name  string
		rules []registry.Rule
	}{{"domain", set.DomainRules}, {"encoding", set.EncodingRules}, {"migration", set.MigrationRules}} {
		for i := range phase.rules {
			if r := &phase.rules[i]; !r.Disabled && applies(r.Mode, as) {
				return classf(RuleFailed, "the schema's %s rule %q needs an engine of type %q, which this program does not have; "+
					"disable the rule, or choose WithoutRules if it may be left out here", phase.name, r.Name, r.Type)
			}
		}
	}
	return nil
}

// applies reports whether a rule acts on one side. An absent mode means WRITEREAD.
func applies(mode string, as side) bool {
	switch mode {
	case "", "WRITEREAD":
		return true
	case "WRITE":
		return as == writingUnder
	case "READ":
		return as != writingUnder
	// A migration rule stands on the newer of two versions, and turns values of
	// the older into it or back. Which of the two is newer is not known here.
	case "DOWNGRADE":
		return as == readingFrom
	case "UPGRADE":
		return as == readingInto
	case "UPDOWN":
		return as != writingUnder
	}
	return true // a mode that is not known may mean anything
}
