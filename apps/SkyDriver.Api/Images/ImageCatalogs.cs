using SkyDriver.Hosting;

namespace SkyDriver.Api.Images;

/// <summary>Takes every tag, for places where workers bring their own program.</summary>
internal sealed class AnyImage : IImageCatalog
{
    public string Resolve(string tag) => ImageTags.WithoutV(tag);

    public string? WhyNot(string resolved) => null;
}

/// <summary>Images that exist, in a list that is fixed or read from a folder.</summary>
/// <param name="minimum">The oldest release that is taken, or null for all.</param>
internal sealed class KnownImages(Func<ImageList> images, Version? minimum) : IImageCatalog
{
    public string? Resolve(string tag)
    {
        ImageList now = images();
        return ImageTags.Resolve(tag, now.Tags, now.Latest);
    }

    public string? WhyNot(string resolved) =>
        minimum is not null && ImageTags.Release(resolved) is { } release && release < minimum ? $"image is too old; the oldest that is taken is {minimum}" : null;
}

internal sealed record ImageList(IReadOnlyCollection<string> Tags, string? Latest);

/// <summary>Lists a folder with an entry <c>NAME:TAG</c> per image, as image stores on a shared file system have it.</summary>
/// <remarks>Such file systems are slow to list, so a listing is kept for a while.</remarks>
internal sealed class ImageFolder(string folder, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private ImageList? _list;
    private DateTimeOffset _read;

    /// <exception cref="TimeoutException">The folder cannot be read now.</exception>
    public ImageList Read()
    {
        lock (_gate)
        {
            if (_list is not null && clock.GetUtcNow() - _read < Lifetime) return _list;
            try
            {
                string? latest = null;
                List<string> tags = [];
                foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
                {
                    string tag = TagOf(entry.Name);
                    if (tag != ImageTags.Latest) tags.Add(tag);
                    else if (entry.LinkTarget is { } target) latest = TagOf(Path.GetFileName(target.TrimEnd('/')));
                }

                _read = clock.GetUtcNow();
                return _list = new(tags, latest);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                throw new TimeoutException($"The image folder cannot be read: {unreadable.Message} Check SKYDRIVER_IMAGES.", unreadable);
            }
        }
    }

    private static string TagOf(string name) => name[(name.LastIndexOf(':') + 1)..];
}

internal static class ImageCatalogSetup
{
    /// <summary><c>SKYDRIVER_IMAGES</c>: <c>any</c>, <c>folder:PATH</c>, or <c>list:TAG,TAG,…</c> where one may be <c>latest=TAG</c>.</summary>
    public static void AddImages(this WebApplicationBuilder builder)
    {
        Func<TimeProvider, IImageCatalog> create = Read(builder);
        builder.Services.AddSingleton(services => create(services.GetRequiredService<TimeProvider>()));
    }

    private static Func<TimeProvider, IImageCatalog> Read(WebApplicationBuilder builder)
    {
        Settings settings = new(builder.Configuration);
        string where = settings.Text("SKYDRIVER_IMAGES", "any"), oldest = settings.Text("SKYDRIVER_IMAGES_MINIMUM", "");
        Version? minimum = oldest == "" ? null : ImageTags.Release(ImageTags.WithoutV(oldest));
        if (oldest != "" && minimum is null) settings.Refuse("SKYDRIVER_IMAGES_MINIMUM", "must be a full version such as 3.1.4");
        bool known = where == "any" || where.StartsWith("folder:", StringComparison.Ordinal) || where.StartsWith("list:", StringComparison.Ordinal);
        if (!known) settings.Refuse("SKYDRIVER_IMAGES", "must be 'any', 'folder:PATH' or 'list:TAG,TAG'");
        settings.ThrowIfFaulty();
        if (where == "any") return _ => new AnyImage();
        if (where.StartsWith("folder:", StringComparison.Ordinal)) return clock => new KnownImages(new ImageFolder(where["folder:".Length..], clock).Read, minimum);
        string[] entries = where["list:".Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        const string LatestIs = ImageTags.Latest + "=";
        string? latest = entries.FirstOrDefault(e => e.StartsWith(LatestIs, StringComparison.Ordinal))?[LatestIs.Length..];
        ImageList list = new([.. entries.Where(e => !e.StartsWith(LatestIs, StringComparison.Ordinal))], latest);
        return _ => new KnownImages(() => list, minimum);
    }
}
