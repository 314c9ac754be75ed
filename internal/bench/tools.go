//go:build tools

package bench

// What go generate runs, for go mod tidy.
import (
	_ "github.com/concord-go/concord/internal/pbgen"
	_ "github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto"
	_ "google.golang.org/protobuf/cmd/protoc-gen-go"
)
