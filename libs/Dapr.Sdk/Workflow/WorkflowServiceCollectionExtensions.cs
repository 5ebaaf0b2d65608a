using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;

namespace Dapr.Workflow;

/// <summary>Registers the workflow worker and its client.</summary>
public static class WorkflowServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="DaprWorkflowClient"/> and a hosted worker for the workflows and activities that
    /// <paramref name="configure"/> names. A second call adds to the first.
    /// </summary>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services, Action<WorkflowRuntimeOptions> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddLogging();
        services.Configure(configure);
        services.TryAddSingleton(provider => provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<WorkflowRuntimeOptions>>().Value);
        services.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient), provider => new DaprWorkflowClient(Connect(provider), Clock(provider)), lifetime));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WorkflowWorker>(CreateWorker));
        return services;
    }

    private static WorkflowWorker CreateWorker(IServiceProvider provider) => new(
        Connect(provider),
        provider.GetRequiredService<WorkflowRuntimeOptions>(),
        provider,
        provider.GetRequiredService<ILoggerFactory>(),
        Clock(provider));

    private static TaskHubClient Connect(IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        var options = new GrpcConnectionOptions { ApiToken = DaprDefaults.ApiToken(configuration) };
        return new TaskHubClient(new GrpcConnection(DaprDefaults.GrpcEndpoint(configuration), options));
    }

    private static TimeProvider Clock(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;
}
