using System.Text;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The workflow management routes; the component segment is always <c>dapr</c>, and <c>?appID=</c> names another app.</summary>
internal sealed class WorkflowHttp(Func<HttpContext, string?, WorkflowEngine> find)
{
    /// <param name="routes">The HTTP endpoints.</param>
    /// <param name="find">The engine of the app id in a request; empty for the app whose sidecar was called.</param>
    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, string?, WorkflowEngine> find)
    {
        var api = new WorkflowHttp(find);
        foreach (string version in (string[])["v1.0", "v1.0-beta1", "v1.0-alpha1"])
        {
            string root = $"/{version}/workflows/dapr";
            Post(root + "/{name}/start", api.StartAsync);
            routes.MapGet(root + "/{id}", api.GetAsync);
            Post(root + "/{id}/terminate", c => api.ChangeAsync(c, "ERR_TERMINATE_WORKFLOW", mustExist: true, (e, id) => e.TerminateAsync(new TerminateRequest { InstanceId = id, Recursive = true })));
            Post(root + "/{id}/pause", c => api.ChangeAsync(c, "ERR_PAUSE_WORKFLOW", mustExist: false, (e, id) => e.SuspendAsync(id, null, suspend: true)));
            Post(root + "/{id}/resume", c => api.ChangeAsync(c, "ERR_RESUME_WORKFLOW", mustExist: false, (e, id) => e.SuspendAsync(id, null, suspend: false)));
            Post(root + "/{id}/purge", c => api.ChangeAsync(c, "ERR_PURGE_WORKFLOW", mustExist: true, PurgeAsync));
            Post(root + "/{id}/raiseEvent/{eventName}", api.RaiseAsync);
        }

        void Post(string route, RequestDelegate handler) => routes.MapMethods(route, ["POST", "PUT"], handler);
    }

    private async Task StartAsync(HttpContext context)
    {
        string? input = await BodyAsync(context);
        var request = WorkflowManagement.StartRequest(Value(context, "name"), context.Request.Query["instanceID"], input, context.Request.Query["dapr.workflow.start_time"]);
        string id = await WorkflowManagement.AsAsync("ERR_START_WORKFLOW", () => EngineOf(context).StartAsync(request, context.RequestAborted));
        await Results.Json(new Dictionary<string, string> { ["instanceID"] = id }, statusCode: StatusCodes.Status202Accepted).ExecuteAsync(context);
    }

    private async Task GetAsync(HttpContext context)
    {
        string id = Value(context, "id");
        var state = await WorkflowManagement.AsAsync("ERR_GET_WORKFLOW", () => EngineOf(context).GetAsync(id, withPayloads: true, context.RequestAborted)) ?? throw WorkflowManagement.NotFound(id);
        await Results.Json(new Dictionary<string, object>
        {
            ["instanceID"] = id,
            ["workflowName"] = state.Name,
            ["createdAt"] = state.CreatedTimestamp.ToDateTime(),
            ["lastUpdatedAt"] = state.LastUpdatedTimestamp.ToDateTime(),
            ["runtimeStatus"] = WorkflowManagement.StatusText(state.Status),
            ["properties"] = WorkflowManagement.Properties(state),
        }).ExecuteAsync(context);
    }

    private static async Task PurgeAsync(WorkflowEngine engine, string id)
    {
        if (await engine.PurgeAsync(id, recursive: true, force: false) == 0) throw WorkflowManagement.NotFound(id);
    }

    private async Task RaiseAsync(HttpContext context)
    {
        var raised = new EventRaisedEvent { Name = Value(context, "eventName"), Input = await BodyAsync(context) };
        await ChangeAsync(context, "ERR_RAISE_EVENT_WORKFLOW", mustExist: false, (e, id) => e.RaiseEventAsync(id, raised, context.RequestAborted));
    }

    private async Task ChangeAsync(HttpContext context, string errorCode, bool mustExist, Func<WorkflowEngine, string, Task> change)
    {
        string id = Value(context, "id");
        try
        {
            await WorkflowManagement.AsAsync(errorCode, async () =>
            {
                await change(EngineOf(context), id);
                return id;
            });
        }
        catch (DaprFault fault) when (mustExist && fault.StatusCode == StatusCode.NotFound)
        {
            throw WorkflowManagement.NotFound(id);
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private WorkflowEngine EngineOf(HttpContext context) => find(context, context.Request.Query["appID"]);

    private static async Task<string?> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(context.RequestAborted);
        return text.Length > 0 ? text : null;
    }

    private static string Value(HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";
}
