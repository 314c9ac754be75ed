package registryserver

import (
	"runtime/debug"

	"github.com/concord-go/concord/registry"
)

func (c *call) root() (any, error) { return struct{}{}, nil }

func (c *call) serverID() (any, error) {
	type clusters struct {
		Kafka    string `json:"kafka-cluster"`
		Registry string `json:"schema-registry-cluster"`
	}
	type scope struct {
		Path     []string `json:"path"`
		Clusters clusters `json:"clusters"`
	}
	return struct {
		ID    string `json:"id,omitempty"`
		Scope scope  `json:"scope"`
	}{Scope: scope{[]string{}, clusters{"concord", "schema-registry"}}}, nil
}

func (c *call) serverVersion() (any, error) {
	version, commit := "concord", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
		version += " " + info.Main.Version
	}
	return map[string]string{"version": version, "commitId": commit}, nil
}

func (c *call) deployment() (any, error) { return map[string][]string{"attributes": {}}, nil }

// listAssociations is GET below /associations. This registry takes no associations,
// so there are none: clients that ask fall back to their subject naming.
func (c *call) listAssociations() (any, error) { return []struct{}{}, nil }

func (c *call) deleteAssociations() (any, error) {
	return nil, fail(registry.ErrAssociationNotFound, "No association found for resource '%s'", c.param("id"))
}
