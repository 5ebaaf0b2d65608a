using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Bindings;

public sealed class HttpBindingTests : IAsyncLifetime
{
    private WebApplication _server = null!;
    private string _url = "";

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Map("/fail", () => Results.Text("no", statusCode: 418));
        _server.Map("/echo/{**rest}", async (HttpContext context) =>
        {
            using StreamReader reader = new(context.Request.Body);
            context.Response.Headers["X-Answer"] = "yes";
            IHeaderDictionary given = context.Request.Headers;
            return $"{context.Request.Method} {context.Request.Path} [{await reader.ReadToEndAsync()}] {context.Request.ContentType} {given.Accept} {given["Colour"]}{given["lower"]}{given["traceparent"]}{given["X-Key"]}";
        });
        await _server.StartAsync();
        _url = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Invoke_Create_PostsWithHeadersAndPath()
    {
        await using HttpBinding binding = new(Specs.Of("bindings.http", ("url", _url + "/echo/"), ("securityToken", "k"), ("securityTokenHeader", "X-Key")));
        BindingAnswer answer = await InvokeAsync(binding, "create", "1", ("path", "/a"), ("Colour", "blue"), ("lower", "no"), ("traceparent", "-tp-"));
        Assert.Equal("POST /echo/a [1] application/json; charset=utf-8 application/json; charset=utf-8 blue-tp-k", Encoding.UTF8.GetString(answer.Data));
        Assert.Equal(("200", "200 OK", "yes"), (answer.Metadata["statusCode"], answer.Metadata["status"], answer.Metadata["X-Answer"]));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("delete")]
    public async Task Invoke_MethodsWithoutABody_SendNone(string operation)
    {
        await using HttpBinding binding = new(Specs.Of("bindings.http", ("url", _url + "/echo/")));
        Assert.StartsWith($"{operation.ToUpperInvariant()} /echo/ []", Encoding.UTF8.GetString((await InvokeAsync(binding, operation, "1")).Data));
    }

    [Fact]
    public async Task Invoke_AnswerIsNo2xx_IsAFaultUnlessSaidOtherwise()
    {
        await using HttpBinding binding = new(Specs.Of("bindings.http", ("url", _url + "/fail")));
        Assert.Equal("received status code 418", (await Assert.ThrowsAsync<HttpRequestException>(() => InvokeAsync(binding, "get", ""))).Message);
        BindingAnswer answer = await InvokeAsync(binding, "get", "", ("errorIfNot2XX", "false"));
        Assert.Equal(("no", "418"), (Encoding.UTF8.GetString(answer.Data), answer.Metadata["statusCode"]));
        await using HttpBinding lenient = new(Specs.Of("bindings.http", ("url", _url + "/fail"), ("errorIfNot2XX", "false")));
        Assert.Equal("418", (await InvokeAsync(lenient, "get", "")).Metadata["statusCode"]);
        await Assert.ThrowsAsync<HttpRequestException>(() => InvokeAsync(lenient, "get", "", ("errorIfNot2XX", "true")));
    }

    [Fact]
    public async Task Invoke_LongAnswer_IsCutAtTheLimit()
    {
        await using HttpBinding binding = new(Specs.Of("bindings.http", ("url", _url + "/echo"), ("maxResponseBodySize", "4")));
        Assert.Equal("POST", Encoding.UTF8.GetString((await InvokeAsync(binding, "post", "1")).Data));
    }

    [Theory]
    [InlineData("url", "ftp://x")]
    [InlineData("mtlsRootCA", "file")]
    public void Create_WhatItCannotDo_IsAFault(string field, string value) =>
        Assert.Contains(field, Assert.Throws<ResourceException>(() => new HttpBinding(Specs.Of("bindings.http", field == "url" ? [("url", value)] : [("url", _url), (field, value)]))).Message);

    private static Task<BindingAnswer> InvokeAsync(HttpBinding binding, string operation, string data, params (string Name, string Value)[] metadata) => binding.InvokeAsync(
        new BindingRequest(operation, Encoding.UTF8.GetBytes(data), metadata.ToDictionary(m => m.Name, m => m.Value, StringComparer.OrdinalIgnoreCase)), CancellationToken.None);
}
