using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SkyDriver.Hosting.Startup;

/// <summary>Whether what a service needs was found. Passed once, it stays so.</summary>
internal sealed class StartupState : IHealthCheck
{
    private volatile bool isPassed;

    /// <summary>Why the service must end; null when it need not.</summary>
    public StartupException? Refusal { get; private set; }

    public void Pass() => isPassed = true;

    public void Refuse(StartupException why) => Refusal = why;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(isPassed ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the sidecar has not told its components yet"));
}

/// <summary>Gives a service its check.</summary>
public static class StartupSetup
{
    internal const string StartupTag = "startup";

    /// <summary>The service ends, with a list of everything that is wrong, when its sidecar has not what it needs; <c>/healthz/startup</c> waits for the answer.</summary>
    /// <exception cref="SettingsException">A setting of the check is wrong.</exception>
    public static void AddComponentCheck(this WebApplicationBuilder builder, ComponentNeeds needs)
    {
        builder.AddSettings(StartupSettings.Read);
        builder.Services.AddSingleton(needs).AddSingleton<StartupState>().AddHostedService<ComponentCheck>();
        builder.Services.AddHealthChecks().AddCheck<StartupState>("components", tags: [StartupTag]);
    }
}
