using System.Text;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Bindings;

public sealed class LocalStorageBindingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("storage-").FullName;
    private readonly LocalStorageBinding _binding;

    public LocalStorageBindingTests() => _binding = new LocalStorageBinding(Specs.Of("bindings.localstorage", ("rootPath", "files")), _folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Create_Get_List_Delete_WorkOnOneFile()
    {
        Assert.Equal("null", await InvokeAsync("list"));
        Assert.Equal("""{"fileName":"a/b.txt"}""", await InvokeAsync("create", "a/b.txt", "content of it"));
        Assert.Equal("content of it", await InvokeAsync("get", "a/b.txt"));
        Assert.Equal($"""["{_folder}/files/a/b.txt"]""", await InvokeAsync("list", "a"));
        Assert.Equal("", await InvokeAsync("delete", "a/b.txt"));
        Assert.Contains("file not found", (await Assert.ThrowsAsync<FileNotFoundException>(() => InvokeAsync("get", "a/b.txt"))).Message);
        await Assert.ThrowsAsync<FileNotFoundException>(() => InvokeAsync("delete", "a/b.txt"));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => InvokeAsync("list", "none"));
    }

    [Theory]
    [InlineData("\"say \\\"hi\\\"\"", "say \"hi\"")]
    [InlineData("aGVsbG8=", "hello")]
    [InlineData("\"aGVsbG8=\"", "hello")]
    [InlineData("{\"x\":1}", "{\"x\":1}")]
    [InlineData("two words", "two words")]
    public async Task Create_TextOrBase64_IsStoredPlain(string data, string stored)
    {
        await InvokeAsync("create", "f", data);
        Assert.Equal(stored, await InvokeAsync("get", "f"));
    }

    [Fact]
    public async Task Create_WithoutAName_MakesOne()
    {
        await InvokeAsync("create", data: "x y");
        Assert.True(Guid.TryParse(Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Combine(_folder, "files")))), out _));
    }

    [Theory]
    [InlineData("../out")]
    [InlineData("a/../../out")]
    [InlineData("link/out")]
    public async Task AnyOperation_OutsideOfTheFolder_IsRefused(string name)
    {
        string outside = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        File.CreateSymbolicLink(Path.Combine(_folder, "files", "link"), outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "out"), "secret");
        await File.WriteAllTextAsync(Path.Combine(_folder, "out"), "secret");
        foreach (string operation in new[] { "create", "get", "delete", "list" }) await Assert.ThrowsAsync<UnauthorizedAccessException>(() => InvokeAsync(operation, name, "x y"));
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(outside, "out")));
    }

    [Theory]
    [InlineData("/proc/self")]
    [InlineData("/sys")]
    public void Create_RootOfTheSystem_IsRefused(string root) =>
        Assert.Contains("rootPath", Assert.Throws<ResourceException>(() => new LocalStorageBinding(Specs.Of("bindings.localstorage", ("rootPath", root)), _folder)).Message);

    private async Task<string> InvokeAsync(string operation, string? name = null, string data = "")
    {
        Dictionary<string, string> metadata = name is null ? [] : new() { ["fileName"] = name };
        BindingAnswer answer = await _binding.InvokeAsync(new BindingRequest(operation, Encoding.UTF8.GetBytes(data), metadata), CancellationToken.None);
        return Encoding.UTF8.GetString(answer.Data);
    }
}
