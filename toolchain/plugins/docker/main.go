// pulumi-resource-docker: the Docker resource plugin, for sites that cannot download the official one.
//
// It bridges the same upstream provider under the same tokens and property names as the official plugin, so that the
// @pulumi/docker package cannot tell the difference. What it does not have is docker.Image, which the official plugin
// implements by itself: use docker.RemoteImage with `build`, or build images before the deployment.
package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

const name = "docker"

// version is the version of @pulumi/docker in package.json; the build sets it by -ldflags "-X main.version=…".
var version = "0.0.0"

// generated holds schema.json once the first pass of the build has written it.
//
//go:embed all:generated
var generated embed.FS

func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		tfgen.Main(name, version, providerInfo())
		return
	}
	schema, err := generated.ReadFile("generated/schema.json")
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-docker: built without its schema; see toolchain/README.md (two passes)")
		os.Exit(1)
	}
	tfbridge.Main(name, version, providerInfo(), schema)
}

// providerInfo maps the upstream provider to Pulumi's names. Only what the standard rule does not give is listed.
func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(shim.NewProvider(version)),
		Name:    name,
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars:        []string{"DOCKER_HOST"},
				ComputeDefault: localSocket,
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: token("ServiceConfig")},
			"docker_container": {
				Tok: token("Container"),
				// Names, addresses and published ports are taken as long as the old container lives.
				DeleteBeforeReplace: true,
				// Singular in the official package although they are lists.
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			// A name is the image to pull, never made up.
			"docker_image": {Tok: token("RemoteImage"), Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	info.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard(name)))
	info.SetAutonaming(255, "-")
	return info
}

// token is the Pulumi type of a resource: docker:index/serviceConfig:ServiceConfig for ServiceConfig.
func token(resource string) sdk.Type {
	file := strings.ToLower(resource[:1]) + resource[1:]
	return sdk.Type("docker:index/" + file + ":" + resource)
}

// localSocket is where the engine listens when neither the configuration nor DOCKER_HOST says.
func localSocket(context.Context, tfbridge.ComputeDefaultOptions) (any, error) {
	return "unix:///var/run/docker.sock", nil
}
