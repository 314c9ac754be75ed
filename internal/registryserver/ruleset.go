package registryserver

import (
	"regexp"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

var ruleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// checkRuleSet refuses rule sets that no client could act on.
func checkRuleSet(rs *registry.RuleSet) error {
	if rs == nil {
		return nil
	}
	bad := func(rule, why string) error {
		return fail(registry.ErrInvalidRuleSet, "Invalid rule set, details: rule %q %s", rule, why)
	}
	names := map[string]bool{}
	for _, phase := range []struct {
		rules []registry.Rule
		modes []string
	}{
		{rs.MigrationRules, []string{"UPGRADE", "DOWNGRADE", "UPDOWN"}},
		{rs.DomainRules, []string{"WRITE", "READ", "WRITEREAD"}},
		{rs.EncodingRules, []string{"WRITE", "READ", "WRITEREAD"}},
	} {
		for _, r := range phase.rules {
			if len(r.Name) > 256 || !ruleName.MatchString(r.Name) {
				return bad(r.Name, "has no valid name: letters, digits, - and _, 256 at most, no digit first")
			}
			if names[r.Name] {
				return bad(r.Name, "is there twice")
			}
			names[r.Name] = true
			if r.Type == "" {
				return bad(r.Name, "has no type")
			}
			if r.Kind != "TRANSFORM" && r.Kind != "CONDITION" {
				return bad(r.Name, "has a kind that is neither TRANSFORM nor CONDITION")
			}
			if !slices.Contains(phase.modes, r.Mode) {
				return bad(r.Name, "has a mode that is none of "+strings.Join(phase.modes, ", "))
			}
			twoWay := r.Mode == "UPDOWN" || r.Mode == "WRITEREAD"
			if !twoWay && (strings.Contains(r.OnSuccess, ",") || strings.Contains(r.OnFailure, ",")) {
				return bad(r.Name, "has a pair of actions, which only modes UPDOWN and WRITEREAD may have")
			}
		}
	}
	return nil
}
