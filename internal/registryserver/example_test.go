package registryserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/concord-go/concord/internal/registryserver"
)

func ExampleListen() {
	srv, err := registryserver.Listen("127.0.0.1:0", registryserver.Options{}) // in memory
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close(context.Background())
	resp, err := http.Post(srv.URL()+"/subjects/user-events-value/versions", "application/vnd.schemaregistry.v1+json",
		strings.NewReader(`{"schema": "\"string\""}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: {"id":1,"version":1,"guid":"095d71cf-1255-6b9d-5e33-0ad575b3df5d","schemaType":"AVRO","schema":"\"string\""} <nil>
}
