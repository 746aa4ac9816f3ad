// pulumi-resource-random: the random resource plugin, for sites that cannot download the official one.
//
// It bridges the same upstream provider under the same tokens and property names as the official plugin, so that the
// @pulumi/random package cannot tell the difference.
package main

import (
	"context"
	"embed"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"
	"medassist/toolchain/plugins/framework"
)

const name = "random"

// version is the version of @pulumi/random in package.json; the build sets it by -ldflags "-X main.version=…".
var version = "0.0.0"

// generated holds schema.json and bridge-metadata.json once the first pass of the build has written them.
//
//go:embed all:generated
var generated embed.FS

func main() {
	framework.Main(name, generated, providerInfo)
}

// providerInfo maps the upstream provider to Pulumi's names: random_password becomes RandomPassword.
func providerInfo(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       pfbridge.ShimProvider(shim.NewProvider()),
		Name:    name,
		Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			// Upstream gives it no id, and Pulumi needs one; the value itself would be a secret.
			"random_bytes": {ComputeID: func(context.Context, resource.PropertyMap) (resource.ID, error) {
				return "bytes", nil
			}},
		},
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
	}
	standard := tokens.MakeStandard(name)
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, resource string) (string, error) {
		return standard(module, "Random"+resource)
	}))
	return info
}
