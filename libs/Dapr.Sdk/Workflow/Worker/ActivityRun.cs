using System.Globalization;
using System.Text.Json;
using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>Runs one activity call; whatever it throws becomes its answer.</summary>
internal static class ActivityRun
{
    public static async Task<ActivityResponse> RunAsync(
        ActivityRequest request, WorkflowRuntimeOptions options, IServiceProvider services, ILogger logger)
    {
        string instanceId = request.WorkflowInstance?.InstanceId ?? "";
        var response = new ActivityResponse { InstanceId = instanceId, TaskId = request.TaskId };
        using var span = WorkflowTraces.Start(request);
        try
        {
            await using var scope = services.CreateAsyncScope();
            if (options.CreateActivity(request.Name, scope.ServiceProvider) is not { } activity)
            {
                // Another worker may have it, or this one after its next deployment: a retry policy may try again.
                response.FailureDetails = Failures.Create(
                    "ActivityNotFoundException", $"No activity '{request.Name}' is registered in this worker.", nonRetriable: false);
                return response;
            }

            // Runtimes that send no execution id leave the number of the task.
            string key = request.TaskExecutionId is { Length: > 0 } id ? id : request.TaskId.ToString(CultureInfo.InvariantCulture);
            var context = new Context(request.Name, key, instanceId);
            object? result = await activity.RunAsync(context, ReadInput(request, activity.InputType));
            response.Result = WorkflowJson.Write(result);
        }
        catch (Exception e)
        {
            logger.LogWarning(e, "Activity {Name} of instance {InstanceId} failed.", request.Name, instanceId);
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, e.Message);
            response.FailureDetails = Failures.ToWire(e);
        }

        return response;
    }

    private static object? ReadInput(ActivityRequest request, Type type)
    {
        try
        {
            return WorkflowJson.Read(request.Input, type);
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The input of activity '{request.Name}' cannot be read as {type.Name}: {e.Message}", e);
        }
    }

    private sealed class Context(string name, string executionKey, string instanceId) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => name;

        public override string TaskExecutionKey => executionKey;

        public override string InstanceId => instanceId;
    }
}
