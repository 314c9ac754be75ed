// Package serdetest holds what tests of serde formats need: one conformance
// suite that every [serde.Format] passes, concord's own and yours, and a
// registry in memory.
//
//	func TestConformance(t *testing.T) {
//		serdetest.Run(t, serdetest.Case[UserEvent]{
//			Format:         avro.For[UserEvent](),
//			Values:         []UserEvent{{UserID: "u123"}},
//			SelfDelimiting: true,
//		})
//	}
//
// [Registry] also serves tests of programs: it needs no server.
// For a registry with HTTP, real compatibility rules and faults to inject see
// package registrytest.
package serdetest
