using Dapr;
using Dapr.AspNetCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>Registers the scheme that lets only the sidecar in.</summary>
public static class DaprAuthenticationBuilderExtensions
{
    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder) => builder.AddDapr(configureOptions: null);

    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder, Action<DaprAuthenticationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<DaprAuthenticationOptions>(DaprAuthenticationOptions.DefaultScheme)
            .Configure<IServiceProvider>((options, provider) => options.Token ??= DaprDefaults.AppToken(provider.GetService<IConfiguration>()));
        return builder.AddScheme<DaprAuthenticationOptions, DaprAuthenticationHandler>(DaprAuthenticationOptions.DefaultScheme, configureOptions);
    }
}
