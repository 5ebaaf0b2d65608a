using System.Text.Json;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>The HTTP routes below <c>/v1.0/actors/{type}/{id}</c>.</summary>
internal static class ActorHttp
{
    private const string Actor = "/v1.0/actors/{type}/{id}";
    private const int SureLength = 64 * 1024;
    private static readonly string[] AnyVerb = ["GET", "POST", "PUT", "DELETE"];
    private static readonly string[] WriteVerbs = ["POST", "PUT"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Actor + "/method/{**method}", AnyVerb, InvokeAsync);
        routes.MapMethods(Actor + "/state", WriteVerbs, WriteStateAsync);
        routes.MapGet(Actor + "/state/{key}", ReadStateAsync);
        routes.MapMethods(Actor + "/reminders/{name}", WriteVerbs, RegisterReminderAsync);
        routes.MapGet(Actor + "/reminders/{name}", GetReminderAsync);
        routes.MapDelete(Actor + "/reminders/{name}", UnregisterReminderAsync);
        routes.MapMethods(Actor + "/timers/{name}", WriteVerbs, RegisterTimerAsync);
        routes.MapDelete(Actor + "/timers/{name}", UnregisterTimer);
    }

    private static async Task InvokeAsync(HttpContext context)
    {
        var actor = ActorOf(context);
        var engine = ActorModule.Locate(context.Instance(), actor);
        var call = new ActorCall(await ReadBodyAsync(context), context.Request.ContentType, Pass(context.Request.Headers));
        var reply = await engine.InvokeAsync(actor, Uri.EscapeDataString(Value(context, "method")), call, context.RequestAborted);
        var response = context.Response;
        response.StatusCode = reply.Status;
        response.ContentType = reply.ContentType;
        response.ContentLength = reply.Body.Length;
        foreach (var (name, value) in reply.Headers) response.Headers[name] = value;
        await response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    private static async Task WriteStateAsync(HttpContext context)
    {
        var changes = Parse(ActorBodies.ReadChanges, await ReadBodyAsync(context));
        await ActorModule.Own(context.Instance()).State.ApplyAsync(context.Instance(), ActorOf(context), changes);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ReadStateAsync(HttpContext context)
    {
        if (await ActorModule.Own(context.Instance()).State.GetAsync(context.Instance(), ActorOf(context), Value(context, "key")) is not { } record)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (record.ExpiresAt is { } expires) context.Response.Headers["metadata.ttlExpireTime"] = ActorBodies.Rfc3339(expires);
        await WriteJsonAsync(context, record.Value);
    }

    private static async Task RegisterReminderAsync(HttpContext context)
    {
        var request = Parse(ActorBodies.ReadSchedule, await ReadBodyAsync(context));
        await Timed(() => ActorModule.Own(context.Instance()).Reminders.RegisterAsync(ActorOf(context), Value(context, "name"), request));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task GetReminderAsync(HttpContext context)
    {
        var record = await ActorModule.Own(context.Instance()).Reminders.GetAsync(ActorOf(context), Value(context, "name"));
        await WriteJsonAsync(context, ActorBodies.Describe(record));
    }

    private static async Task UnregisterReminderAsync(HttpContext context)
    {
        await ActorModule.Own(context.Instance()).Reminders.UnregisterAsync(ActorOf(context), Value(context, "name"));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task RegisterTimerAsync(HttpContext context)
    {
        var request = Parse(ActorBodies.ReadSchedule, await ReadBodyAsync(context));
        await Timed(() =>
        {
            ActorModule.Own(context.Instance()).Timers.Register(context.Instance(), ActorOf(context), Value(context, "name"), request);
            return Task.CompletedTask;
        });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task UnregisterTimer(HttpContext context)
    {
        ActorModule.Own(context.Instance()).Timers.Unregister(context.Instance(), ActorOf(context), Value(context, "name"));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static ActorKey ActorOf(HttpContext context)
    {
        var actor = new ActorKey(Value(context, "type"), Value(context, "id"));
        ActorModule.RefuseReserved(actor.Type);
        return actor;
    }

    private static string Value(HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";

    private static List<KeyValuePair<string, string>> Pass(IHeaderDictionary headers)
    {
        List<KeyValuePair<string, string>> passed = [];
        foreach (var (name, values) in headers)
        {
            if (PassedHeaders.Passes(name)) passed.Add(KeyValuePair.Create(name, values.ToString()));
        }

        return passed;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is long length and <= SureLength)
        {
            byte[] exact = new byte[length];
            await context.Request.Body.ReadExactlyAsync(exact, context.RequestAborted);
            return exact;
        }

        // Whether that much may come is for the server's own limit to say, before memory is given for it.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static T Parse<T>(Func<ReadOnlyMemory<byte>, T> read, ReadOnlyMemory<byte> body)
    {
        try
        {
            return read(body);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw DaprErrors.MalformedRequest(e.Message);
        }
    }

    private static async Task Timed(Func<Task> register)
    {
        try
        {
            await register();
        }
        catch (FormatException e)
        {
            throw DaprErrors.MalformedRequest(e.Message);
        }
    }

    private static async Task WriteJsonAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
