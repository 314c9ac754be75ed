// A module of its own, so that hyperpb and what it links stay out of the module graph
// of those who do not use it.
module github.com/concord-go/concord/protobuf/hyperpb

go 1.26.0

replace github.com/concord-go/concord => ../..

require (
	buf.build/go/hyperpb v0.1.3
	github.com/concord-go/concord v0.0.0-00010101000000-000000000000
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/bufbuild/protocompile v0.14.1 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/stretchr/testify v1.10.0 // indirect
	github.com/timandy/routine v1.1.5 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
