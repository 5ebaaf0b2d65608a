using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Benchmarks.Dapr;

/// <summary>The least that a server can do: a process of its own that sends each body back, on HTTP/1.1 and on HTTP/2.</summary>
internal static class EchoServer
{
    public static async Task<int> RunAsync(string[] ports)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(int.Parse(ports[0], CultureInfo.InvariantCulture), listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(int.Parse(ports[1], CultureInfo.InvariantCulture), listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Run(static async context =>
        {
            byte[] body = new byte[context.Request.ContentLength ?? 0];
            await context.Request.Body.ReadExactlyAsync(body);
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        });
        await app.RunAsync();
        return 0;
    }
}
