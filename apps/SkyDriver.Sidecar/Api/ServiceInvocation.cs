using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Api;

/// <summary>Calls from one app to another by app id, within this host.</summary>
internal static class ServiceInvocation
{
    private const string AppIdHeader = "dapr-app-id";
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Connection", "Host"];
    private static readonly string[] Unimplemented = ["configuration", "lock", "unlock", "jobs", "job", "state", "crypto", "subtlecrypto", "conversation", "workflows", "actors"];

    public static void MapHttp(IEndpointRouteBuilder routes) => routes.Map("/v1.0/invoke/{appid}/method/{**path}", (RequestDelegate)InvokeAsync);

    /// <summary>What no other route takes: a call with header <c>dapr-app-id</c>, a part of Dapr's API that is not here, or nothing.</summary>
    public static void MapFallback(IEndpointRouteBuilder routes) => routes.MapFallback("{**path}", (RequestDelegate)OtherAsync);

    public static void MapGrpc(IEndpointRouteBuilder routes) => routes.MapDapr("InvokeService", InvokeServiceRequest.Parser, InvokeAsync);

    private static Task InvokeAsync(HttpContext context)
    {
        string appId = context.Route("appid");
        string target = RawPath(context);
        int method = target.IndexOf("/method/", StringComparison.Ordinal);
        return ForwardAsync(context, appId, target[(method + "/method".Length)..]);
    }

    private static Task OtherAsync(HttpContext context)
    {
        if (context.Request.Headers[AppIdHeader].ToString() is { Length: > 0 } appId) return ForwardAsync(context, appId, RawPath(context));
        string[] parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length >= 2 && parts[0].StartsWith("v1.0", StringComparison.Ordinal) && Unimplemented.Contains(parts[1])) throw DaprErrors.Unimplemented(context.Request.Path);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static async Task ForwardAsync(HttpContext context, string appId, string path)
    {
        if (appId.Length == 0) throw DaprErrors.InvokeNoAppId();
        using HttpRequestMessage request = new(new HttpMethod(context.Request.Method), new Uri(path + context.Request.QueryString, UriKind.Relative));
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true) request.Content = new StreamContent(context.Request.Body);
        foreach ((string name, StringValues values) in context.Request.Headers)
        {
            if (HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase) || name.Equals(AppIdHeader, StringComparison.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        using HttpResponseMessage response = await SendAsync(context.Sidecar(), appId, request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase)) context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        InvokeRequest message = request.Message ?? new InvokeRequest();
        string query = message.HttpExtension?.Querystring is { Length: > 0 } text ? "?" + text : "";
        string verb = message.HttpExtension?.Verb is { } given && given != HttpExtension.Types.Verb.None ? given.ToString().ToUpperInvariant() : "POST";
        using HttpRequestMessage http = new(new HttpMethod(verb), new Uri($"/{message.Method.TrimStart('/')}{query}", UriKind.Relative));
        if (message.Data is { Value.Length: > 0 })
        {
            http.Content = new ReadOnlyMemoryContent(message.Data.Value.Memory);
            string type = message.ContentType.Length > 0 ? message.ContentType : "application/json";
            if (MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed)) http.Content.Headers.ContentType = parsed;
        }

        using HttpResponseMessage response = await SendAsync(sidecar, request.Id, http, ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        if (!response.IsSuccessStatusCode) throw new RpcException(new Status(Code((int)response.StatusCode), $"app {request.Id} answered {(int)response.StatusCode} to {message.Method}"));
        return new InvokeResponse { Data = new Any { Value = UnsafeByteOperations.UnsafeWrap(body) }, ContentType = response.Content.Headers.ContentType?.ToString() ?? "" };
    }

    private static async Task<HttpResponseMessage> SendAsync(InstanceSidecar caller, string appId, HttpRequestMessage request, CancellationToken ct)
    {
        AppInstance[] reachable = [.. caller.Instance.App.Directory.Find(appId)?.Instances.Where(i => i.Channel is not null) ?? []];
        if (reachable.Length == 0) throw DaprErrors.InvokeUnreachable(appId, "no instance of this app with a port is running here");
        AppInstance callee = reachable[Random.Shared.Next(reachable.Length)];
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", caller.Instance.AppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", appId);
        try
        {
            return await callee.Channel!.SendAsync(request, ct);
        }
        catch (HttpRequestException fault)
        {
            throw DaprErrors.InvokeUnreachable(appId, fault.Message);
        }
    }

    /// <summary>The path as it was sent, with its escapes, but without the query.</summary>
    private static string RawPath(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static StatusCode Code(int status) => status switch
    {
        400 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        409 => StatusCode.AlreadyExists,
        429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        >= 500 => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };
}
