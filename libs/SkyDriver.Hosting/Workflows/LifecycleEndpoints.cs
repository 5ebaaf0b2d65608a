using System.Text.Json;
using Dapr.Client;
using Dapr.Workflow;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Workflows;

/// <summary>Both ends of <see cref="LifecycleClient"/>.</summary>
public static class LifecycleEndpoints
{
    /// <summary>For services that start life cycles or raise events in them.</summary>
    public static IServiceCollection AddLifecycleClient(this IServiceCollection services) =>
        services.AddSingleton(_ => new LifecycleClient(DaprClient.CreateInvokeHttpClient(AppIds.Orchestrator)));

    /// <summary>For the service that runs them. Reached through sidecars only, on the loopback.</summary>
    public static void MapLifecycles(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/lifecycles/{scanId}", StartAsync);
        routes.MapPost("/lifecycles/{scanId}/events/{eventName}", RaiseAsync);
    }

    private static async Task<IResult> StartAsync(string scanId, ScanLifecycleInputV1 input, DaprWorkflowClient workflows, CancellationToken cancellationToken)
    {
        if (input.ScanId != scanId) return Results.BadRequest();
        if (await ExistsAsync(workflows, scanId, cancellationToken)) return Results.Ok();
        try
        {
            await workflows.ScheduleNewWorkflowAsync(WorkflowNames.ScanLifecycle, scanId, input);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A repeat may have been first; if not, the fault stands.
            if (!await ExistsAsync(workflows, scanId, cancellationToken)) throw;
        }

        return Results.Ok();
    }

    private static async Task<IResult> RaiseAsync(
        string scanId, string eventName, JsonElement payload, DaprWorkflowClient workflows, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(workflows, scanId, cancellationToken)) return Results.NotFound();
        await workflows.RaiseEventAsync(scanId, eventName, payload, cancellationToken);
        return Results.Ok();
    }

    private static async Task<bool> ExistsAsync(DaprWorkflowClient workflows, string scanId, CancellationToken cancellationToken) =>
        (await workflows.GetWorkflowStateAsync(scanId, getInputsAndOutputs: false, cancellationToken)).Exists;
}
