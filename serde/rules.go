package serde

import "github.com/concord-go/concord/registry"

// checkRules refuses a schema with a data-contract rule that would have to run:
// this process has no engine for any, and a rule passed over in silence would
// let out what it was to encrypt, or let in what it was to refuse.
func checkRules(set *registry.RuleSet, writing bool) error {
	if set == nil {
		return nil
	}
	for _, phase := range []struct {
		name  string
		rules []registry.Rule
	}{{"domain", set.DomainRules}, {"encoding", set.EncodingRules}, {"migration", set.MigrationRules}} {
		for i := range phase.rules {
			if r := &phase.rules[i]; !r.Disabled && applies(r.Mode, writing) {
				return classf(RuleFailed, "the schema's %s rule %q needs an engine of type %q, which this program does not have; "+
					"disable the rule, or choose WithoutRules if it may be left out here", phase.name, r.Name, r.Type)
			}
		}
	}
	return nil
}

// applies reports whether a rule acts in a direction. An absent mode means WRITEREAD.
func applies(mode string, writing bool) bool {
	switch mode {
	case "", "WRITEREAD":
		return true
	case "WRITE":
		return writing
	case "READ":
		return !writing
	case "DOWNGRADE", "UPDOWN": // from the writer's version to the older one of a reader
		return !writing
	case "UPGRADE": // stands on the reader's version, and is not in the writer's schema
		return false
	}
	return true // a mode that is not known may mean anything
}
