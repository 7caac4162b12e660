"""Copies, removes and lists what lies where only Spark's file systems get to: the command, then the paths.

    send FOLDER URI · receive URI FOLDER · remove URI… · filled URI…, which prints those with Parquet in them

Run in Spark's environment, with Spark's configuration. Not here: what is copied (handover.py).
"""

import sys

from pyspark.sql import SparkSession


def main(command: str, *paths: str) -> None:
    spark = SparkSession.builder.master("local[1]").getOrCreate()
    jvm, configuration = spark._jvm, spark._jsc.hadoopConfiguration()  # Hadoop's file systems have no other door
    given = [jvm.org.apache.hadoop.fs.Path(path) for path in paths]
    if command == "remove":
        for path in given:
            path.getFileSystem(configuration).delete(path, True)
    elif command == "filled":
        for path, written in zip(given, paths, strict=True):
            system = path.getFileSystem(configuration)
            files = system.listFiles(path, True) if system.exists(path) else None
            while files and files.hasNext():
                if files.next().getPath().getName().endswith(".parquet"):
                    print(written)
                    break
    elif command == "send":
        source, target = given
        system = target.getFileSystem(configuration)
        system.delete(target, True)
        system.copyFromLocalFile(source, target)
    else:
        source, target = given
        source.getFileSystem(configuration).copyToLocalFile(source, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
