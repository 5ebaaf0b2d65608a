using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Actors;
using Dapr.Actors.AspNetCore;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The routes by which the sidecar runs the actors of this app.</summary>
public static class ActorsEndpointRouteBuilderExtensions
{
    /// <summary>Marks calls of typed proxies whose bodies are data contracts and whose methods have numbers instead of names.</summary>
    private const string RemotingHeader = "X-DaprRequestHeader";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Serves <c>/dapr/config</c>, <c>/actors/…</c> and <c>/healthz</c>; needs <c>AddActors</c>.</summary>
    public static IEndpointConventionBuilder MapActorsHandlers(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = endpoints.ServiceProvider.GetService<ActorRuntime>()
            ?? throw new InvalidOperationException("Call services.AddActors(…) before MapActorsHandlers().");
        var group = endpoints.MapGroup("");
        group.MapGet("/dapr/config", context => context.Response.WriteAsJsonAsync(ActorConfigAnswer.From(runtime.Options), Json));
        group.MapPut("/actors/{actorTypeName}/{actorId}/method/{methodName}", Turn(InvokeAsync));
        group.MapPut("/actors/{actorTypeName}/{actorId}/method/remind/{name}", Turn(RemindAsync));
        group.MapPut("/actors/{actorTypeName}/{actorId}/method/timer/{name}", Turn(TimerAsync));
        group.MapDelete("/actors/{actorTypeName}/{actorId}", Turn((manager, context) => manager.DeactivateAsync(Value(context, "actorId"))));
        group.MapHealthChecks("/healthz");
        return group;

        RequestDelegate Turn(Func<ActorManager, HttpContext, Task> run) => context => RunAsync(runtime, context, run);
    }

    private static async Task InvokeAsync(ActorManager manager, HttpContext context)
    {
        string method = Value(context, "methodName");
        if (context.Request.Headers.ContainsKey(RemotingHeader))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"Method '{method}' was called by a remoting proxy ({RemotingHeader}), which this host does not speak. Call it by name with JSON: ActorProxy.Create(id, type).InvokeMethodAsync, or a typed proxy of the same SDK as the host's.");
            return;
        }

        byte[] body = await ReadBodyAsync(context);
        byte[]? answer = await manager.InvokeAsync(Value(context, "actorId"), method, body, context.RequestAborted);
        if (answer is null)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"Actor type '{Value(context, "actorTypeName")}' has no method '{method}'.");
            return;
        }

        if (answer.Length == 0) return;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private static async Task RemindAsync(ActorManager manager, HttpContext context)
    {
        byte[] body = await ReadBodyAsync(context);
        var fired = body.Length == 0 ? null : JsonSerializer.Deserialize<ActorApi.ReminderRequest>(body, Json);
        await manager.FireReminderAsync(Value(context, "actorId"), Value(context, "name"), fired);
    }

    private static async Task TimerAsync(ActorManager manager, HttpContext context)
    {
        var fired = JsonSerializer.Deserialize<ActorApi.TimerRequest>(await ReadBodyAsync(context), Json)
            ?? throw new JsonException("A timer needs a body with its callback.");
        await manager.FireTimerAsync(Value(context, "actorId"), fired);
    }

    private static async Task RunAsync(ActorRuntime runtime, HttpContext context, Func<ActorManager, HttpContext, Task> run)
    {
        string type = Value(context, "actorTypeName");
        if (runtime.Find(type) is not { } manager)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"This app hosts no actor type '{type}'.");
            return;
        }

        ActorReentrancy.Id = context.Request.Headers.TryGetValue(ActorReentrancy.Header, out var id) ? id.ToString() : null;
        try
        {
            await run(manager, context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Dapr.Actors.Host")
                .LogError(e, "Turn {Path} failed.", context.Request.Path);
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), CancellationToken.None);
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;
}
