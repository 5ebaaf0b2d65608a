using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Api;

/// <summary>Calls from one app to another by app id over HTTP, streamed both ways.</summary>
internal static class ServiceInvocation
{
    private const string AppIdHeader = "dapr-app-id";
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
        AppIdHeader, "dapr-caller-app-id", "dapr-caller-namespace", "dapr-callee-app-id",
    };
    private static readonly string[] Unimplemented = ["configuration", "lock", "unlock", "jobs", "job", "state", "crypto", "subtlecrypto", "conversation", "workflows", "actors"];

    public static void MapHttp(IEndpointRouteBuilder routes) => routes.Map("/v1.0/invoke/{appid}/method/{**path}", (RequestDelegate)InvokeAsync);

    /// <summary>What no other route takes: a call with header <c>dapr-app-id</c>, a part of Dapr's API that is not here, or nothing.</summary>
    public static void MapFallback(IEndpointRouteBuilder routes) => routes.MapFallback("{**path}", (RequestDelegate)OtherAsync);

    private static Task InvokeAsync(HttpContext context)
    {
        string target = RawTarget(context);
        int method = target.IndexOf("/method/", StringComparison.Ordinal);
        return ForwardAsync(context, context.Route("appid"), method < 0 ? "/" : target[(method + "/method".Length)..]);
    }

    private static Task OtherAsync(HttpContext context)
    {
        if (AppId(context.Request.Headers) is { Length: > 0 } appId) return ForwardAsync(context, appId, RawTarget(context));
        string[] parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["v1.0", "invoke", ..]) throw DaprErrors.InvokeNoAppId();
        if (parts.Length >= 2 && parts[0].StartsWith("v1.0", StringComparison.Ordinal) && Unimplemented.Contains(parts[1])) throw DaprErrors.Unimplemented(context.Request.Path);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>From the header, or from the user <c>dapr-app-id</c> of basic authentication, for clients that know only an address.</summary>
    private static string? AppId(IHeaderDictionary headers)
    {
        if (headers[AppIdHeader].ToString() is { Length: > 0 } named) return named;
        string authorization = headers.Authorization.ToString();
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        Span<byte> decoded = stackalloc byte[256];
        if (!Convert.TryFromBase64String(authorization["Basic ".Length..].Trim(), decoded, out int length)) return null;
        string pair = Encoding.UTF8.GetString(decoded[..length]);
        return pair.StartsWith(AppIdHeader + ":", StringComparison.Ordinal) ? pair[(AppIdHeader.Length + 1)..] : null;
    }

    private static async Task ForwardAsync(HttpContext context, string appId, string target)
    {
        if (appId.Length == 0) throw DaprErrors.InvokeNoAppId();
        Invocation invocation = new(context.Sidecar(), appId);
        // An upload may be slow as long as it goes on; only what is kept to be sent again is limited in time by the server.
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate && !invocation.Repeats) rate.MinDataRate = null;
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true;
        byte[]? kept = hasBody && invocation.Repeats ? await context.ReadBodyAsync() : null;
        bool begun = false;
        using HttpResponseMessage response = await invocation.SendAsync(Build, () => !begun || kept is not null, context.RequestAborted);
        await AnswerAsync(context, response, appId);

        HttpRequestMessage Build()
        {
            HttpRequestMessage request = new(new HttpMethod(context.Request.Method), new Uri(target, UriKind.Relative));
            if (hasBody) request.Content = kept is null ? new StreamedBody(context.Request.Body, () => begun = true) : new ByteArrayContent(kept);
            foreach ((string name, StringValues values) in context.Request.Headers)
            {
                if (!Passes(name, context.Request.Headers.Connection)) continue;
                if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
            }

            return request;
        }
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage response, string appId)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        StringValues connection = response.Headers.NonValidated.TryGetValues("Connection", out var named) ? named.ToString() : StringValues.Empty;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            if (Passes(name, connection)) context.Response.Headers[name] = values.ToArray();
        }

        try
        {
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException && !context.Response.HasStarted)
        {
            context.Response.Clear();
            throw DaprErrors.InvokeUnreachable(appId, fault.Message);
        }
    }

    /// <summary>Headers of one connection, and those that a Connection header names, end here.</summary>
    private static bool Passes(string name, StringValues connection)
    {
        if (NotForwarded.Contains(name)) return false;
        foreach (string? value in connection)
        {
            if (value?.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase) is true) return false;
        }

        return true;
    }

    /// <summary>Path and query as they were sent, with their escapes.</summary>
    private static string RawTarget(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith('/')) target = Uri.TryCreate(target, UriKind.Absolute, out Uri? absolute) ? absolute.PathAndQuery : "/";
        return target;
    }

    /// <summary>A body that passes through; it can be sent once.</summary>
    private sealed class StreamedBody(Stream body, Action onBegin) : HttpContent
    {
        private const int PieceSize = 32 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            onBegin();
            byte[] piece = ArrayPool<byte>.Shared.Rent(PieceSize);
            try
            {
                // Each piece goes on at once: the app may wait for it before it answers.
                for (int read; (read = await body.ReadAsync(piece, cancellationToken)) > 0;)
                {
                    await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
                    await stream.FlushAsync(cancellationToken);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(piece);
            }
        }

        /// <summary>What the caller announced is in the headers already; without, the length is not known.</summary>
        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
