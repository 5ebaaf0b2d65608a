namespace SkyDriver.Testing;

/// <summary>Where tests find the repository and the shared golden data, whatever folder they run in.</summary>
internal static class TestPaths
{
    /// <summary>The folder that holds SkyDriver.Dapr.sln.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>A program of this repository as it is run, which must be built.</summary>
    public static string Built(string project, string file)
    {
        string path = Path.Combine(Repository, "artifacts", "bin", project, "release", file);
        Assert.True(File.Exists(path), $"{path} is not built.");
        return path;
    }

    /// <summary>A file of the shared data beside the repository; the test is reported as skipped where it is absent.</summary>
    public static string SharedData(string relativePath)
    {
        string path = Path.GetFullPath(Path.Combine(Repository, "..", "shared", "data", relativePath));
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"the shared data are not here: {relativePath}");
        return path;
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SkyDriver.Dapr.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No SkyDriver.Dapr.sln above {AppContext.BaseDirectory}.");
    }
}
