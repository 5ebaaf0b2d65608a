using Dapr.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Dapr for controllers.</summary>
public static class DaprMvcBuilderExtensions
{
    /// <summary>Registers <see cref="DaprClient"/> beside the controllers.</summary>
    public static IMvcBuilder AddDapr(this IMvcBuilder builder, Action<DaprClientBuilder>? configureClient = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDaprClient(configureClient);
        return builder;
    }
}
