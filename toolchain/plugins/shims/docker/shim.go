// Package shim opens the Terraform Docker provider to the plugin beside it.
//
// The provider's constructor lives in an `internal` package. Go lets a package import it when its own path is below
// the provider's module path, and this module's path is; the go.mod of the plugins points that path at this folder.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the upstream provider, which reports itself to the Docker engine under the given version.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
